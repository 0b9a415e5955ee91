import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { DELIVERY_STATES } from '../domain/delivery.ts';
import { UserError } from '../errors.ts';
import { withStore } from './context.ts';
import { colourState, printRows } from './output.ts';

export function deliveriesCommand() {
  const command = new Command('deliveries').description('the ledger: every occurrence and what became of it');

  command
    .command('list')
    .description('list deliveries, the newest first')
    .option('--notification <id>', 'only those of this notification')
    .option('--run <id>', 'only those of this run (its workflow id)')
    .option('--state <state...>', `only those in a state: ${DELIVERY_STATES.join(', ')}`)
    .option('--limit <count>', 'how many at the most', countOf, 50)
    .option('--json', 'print JSON')
    .action(async ({ notification: notificationId, run: runId, state, limit, json }) => {
      const states = state?.map(stateOf);
      const rows = await withStore((store) => store.deliveries.list({ notificationId, runId, states }, limit));
      printRows(
        rows,
        {
          NOTIFICATION: (row) => row.notificationId,
          OCCURRENCE: (row) => row.occurrence,
          CHANNEL: (row) => row.channelName ?? row.channel,
          STATE: (row) => `${colourState(row.state)}${row.lateReason === undefined ? '' : ', late'}`,
          ATTEMPTS: (row) => String(row.attempts),
          ENDED: (row) => row.finishedAt ?? '–',
          'SLACK TS': (row) => row.messageTs ?? '–',
          ERROR: (row) => row.error?.message ?? '',
        },
        { json, empty: 'No deliveries' },
      );
    });

  return command;
}

function stateOf(text: string) {
  const state = DELIVERY_STATES.find((known) => known === text);
  if (state !== undefined) return state;
  throw new UserError('unknown_state', `There is no state "${text}"`, {
    hint: `There is: ${DELIVERY_STATES.join(', ')}.`,
  });
}

/** The ledger keeps years: a list for people has an end. */
const LIMIT_MAX = 100_000;

export function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= LIMIT_MAX) return count;
  throw new InvalidArgumentError(`Use a whole number from 1 to ${LIMIT_MAX}.`);
}
