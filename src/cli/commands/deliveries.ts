import { Command } from '@commander-js/extra-typings';
import { DELIVERY_STATES } from '../../domain/delivery.ts';
import { UserError } from '../../lib/errors.ts';
import { deliveriesOf } from '../../client/deliveries.ts';
import { withContext } from '../context.ts';
import { colourState, limitOf, printRows } from '../output/output.ts';

export function deliveriesCommand() {
  const command = new Command('deliveries').description('show the ledger: every occurrence and how it ended');

  command
    .command('list')
    .description('list deliveries, newest first')
    .option('--notification <id>', 'only those of this notification')
    .option('--run <id>', 'only those of this run (its workflow id)')
    .option('--state <state...>', `only those in these states: ${DELIVERY_STATES.join(', ')}`)
    .option('--limit <count>', 'how many at most', limitOf, 50)
    .option('--json', 'print JSON')
    .action(async ({ notification: notificationId, run: dispatchId, state, limit, json }) => {
      const states = state?.map(stateOf);
      const rows = await withContext((context) =>
        deliveriesOf(context).list({ notificationId, dispatchId, states }, { limit }),
      );
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
  throw UserError.input('unknown_state', `There is no state "${text}"`, {
    hint: `There is: ${DELIVERY_STATES.join(', ')}.`,
  });
}
