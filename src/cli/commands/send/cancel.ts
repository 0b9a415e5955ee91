import { Command } from '@commander-js/extra-typings';
import type { Client } from '@temporalio/client';
import { cancelSend, findSend, listSends, type Send } from '../../../scheduling/send.ts';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { withClient, withStore } from '../../context.ts';
import { printJson } from '../../output/output.ts';

export function cancelCommand() {
  return new Command('cancel')
    .description('cancel a scheduled send')
    .argument('<id>', 'from `send list`')
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

/** Removes the notification that was made for this send alone, unless another send needs it. */
async function removeMadeFor(client: Client, send: Send, taskQueue: string): Promise<void> {
  const others = (await listSends(client, taskQueue)).filter(({ id }) => id !== send.id);
  const wanted = new Set(others.flatMap(idsOf));
  const ids = idsOf(send).filter((id) => !wanted.has(id));
  await withStore((store) => Promise.all(ids.map((id) => store.notifications.removeOneOff(id))));
}

function idsOf({ selection, state }: Send): readonly string[] {
  return state !== 'sent' && selection?.kind === 'notifications' ? selection.ids : [];
}
