import { Command } from '@commander-js/extra-typings';
import type { Client } from '@temporalio/client';
import { UserError } from '../../errors.ts';
import { occurrenceOfInstant } from '../../occurrence.ts';
import type { Send } from '../../schedules/one-off.ts';
import { cancelSend, findSend, listSends, rescheduleSend } from '../../send.ts';
import { confirm, YES_OPTION } from '../confirm.ts';
import { withClient, withStore } from '../context.ts';
import { printJson, printRows } from '../output.ts';
import { IN_OPTION, printSend, timeAsked } from './when.ts';

export function listCommand() {
  return new Command('list')
    .description('list scheduled sends')
    .option('--all', 'include those sent within the last seven days; after that only the ledger has them')
    .option('--json', 'print JSON')
    .action(async ({ all, json }) => {
      const sends = await withClient((client, config) => listSends(client, config.temporal.taskQueue));
      printRows(
        sends.filter(({ state }) => all === true || state !== 'sent'),
        {
          SEND: ({ id }) => id,
          WHAT: ({ what }) => what,
          AT: ({ at }) => (at === undefined ? '–' : occurrenceOfInstant(at)),
          STATE: ({ state }) => STATES[state],
          NOTE: ({ note }) => note,
        },
        { json, empty: 'No scheduled sends. Add one: slack-reports send <notification> --at "2026-12-01 09:00"' },
      );
    });
}

const STATES: Record<Send['state'], string> = {
  waiting: 'waiting',
  paused: 'paused',
  sent: 'sent',
  passed: 'not sent: it was paused',
};

export function rescheduleCommand() {
  return new Command('reschedule')
    .description('move a scheduled send to another time')
    .argument('<id>', 'as `send list` names it')
    .option('--at <time>', '"2026-12-01 09:00 Europe/Berlin", or 2026-12-01T09:00:00+01:00')
    .option(...IN_OPTION)
    .option('--timezone <name>', 'IANA zone of a time without one (default: UTC)')
    .option('--json', 'print JSON')
    .action(async (id, { json, ...when }) => {
      const time = timeAsked(when, 'UTC');
      if (time === undefined) throw new UserError('invalid_options', 'Say when: --at "2026-12-01 09:00", or --in');
      const moved = await withClient((client) => rescheduleSend(client, id, { at: time.at, note: time.note }));
      if (time.remark !== undefined) console.error(`note: ${time.remark}`);
      printSend(moved, { json });
    });
}

export function cancelCommand() {
  return new Command('cancel')
    .description('cancel a scheduled send')
    .argument('<id>', 'as `send list` names it')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (id, { yes, json }) => {
      const cancelled = await withClient(async (client, config) => {
        const { what } = await findSend(client, id);
        await confirm(`Cancel ${id} (${what})?`, yes);
        const send = await cancelSend(client, id);
        await removeMadeFor(client, send, config.temporal.taskQueue);
        return send;
      });
      if (json === true) printJson({ id, cancelled: true, what: cancelled.what });
      else console.log(`${id} cancelled`);
    });
}

/** Removes a notification that was made for this send, unless another send names it. */
async function removeMadeFor(client: Client, send: Send, taskQueue: string): Promise<void> {
  const others = (await listSends(client, taskQueue)).filter(({ id }) => id !== send.id);
  const wanted = new Set(others.flatMap(idsOf));
  const ids = idsOf(send).filter((id) => !wanted.has(id));
  await withStore((store) => Promise.all(ids.map((id) => store.notifications.removeOneOff(id))));
}

function idsOf({ selection, state }: Send): readonly string[] {
  return state !== 'sent' && selection?.kind === 'notifications' ? selection.ids : [];
}
