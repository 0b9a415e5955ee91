import { Command } from '@commander-js/extra-typings';
import { messageOf } from '../../errors.ts';
import { checkNotifications } from '../check-notifications.ts';
import { confirm, YES_OPTION } from '../confirm.ts';
import { withClient, withStore } from '../context.ts';
import { printJson } from '../output.ts';

/** How long the list of one-offs may take, in milliseconds. */
const LIST_TIMEOUT_MS = 5_000;

export function removeCommand() {
  return new Command('remove')
    .description('remove notifications; their past deliveries stay in the ledger')
    .argument('<id...>')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (ids, { yes, json }) => {
      const sends = await withStore(async (store) => {
        await checkNotifications(store, ids);
        const waiting = await sendsWaitingFor(ids);
        if (json !== true) warn(waiting);
        await confirm(`Remove ${ids.join(', ')}?`, yes);
        for (const id of ids) await store.notifications.remove(id);
        return 'unseen' in waiting ? null : waiting.sends;
      });
      if (json === true) printJson({ removed: ids, sends });
      else console.log(`Removed ${ids.join(', ')}`);
    });
}

type Waiting = { sends: string[] } | { unseen: string };

/** The one-offs that name one of them. To remove them needs no Temporal server; what is not seen here `doctor` finds later. */
async function sendsWaitingFor(ids: readonly string[]): Promise<Waiting> {
  try {
    // Only where it is needed, as in `withClient`: with it comes Temporal's client.
    const [{ listSends }, { isComing, namedBy }] = await Promise.all([
      import('../../send.ts'),
      import('../../schedules/one-off.ts'),
    ]);
    const all = await withClient((client, { temporal: { taskQueue } }) =>
      client.withDeadline(Date.now() + LIST_TIMEOUT_MS, () => listSends(client, taskQueue)),
    );
    const sends = all.filter((send) => isComing(send) && namedBy(send).some((id) => ids.includes(id)));
    return { sends: sends.map(({ id }) => id) };
  } catch (error) {
    return { unseen: messageOf(error) };
  }
}

function warn(waiting: Waiting): void {
  if ('unseen' in waiting)
    return console.error(`note: whether one-offs wait to send it cannot be seen: ${waiting.unseen}`);
  for (const id of waiting.sends) {
    console.error(`The one-off ${id} waits to send one of them and would not: slack-reports send cancel ${id}`);
  }
}
