import { Command } from '@commander-js/extra-typings';
import { messageOf } from '../../../lib/errors.ts';
import { checkNotifications } from '../../check-notifications.ts';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { withClient, withStore } from '../../context.ts';
import { printJson } from '../../output/output.ts';

/** How long listing the one-offs may take, in milliseconds. */
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
        return waiting.kind === 'seen' ? waiting.sends : null;
      });
      if (json === true) printJson({ removed: ids, sends });
      else console.log(`Removed ${ids.join(', ')}`);
    });
}

type Waiting = { kind: 'seen'; sends: string[] } | { kind: 'unknown'; reason: string };

/** The one-offs that name one of them. Removing needs no Temporal server: without one, `doctor` finds them later. */
async function sendsWaitingFor(ids: readonly string[]): Promise<Waiting> {
  try {
    // Loaded here, as in `withClient`: it brings Temporal's client with it.
    const [{ listSends }, { isPending, namedBy }] = await Promise.all([
      import('../../../scheduling/send.ts'),
      import('../../../scheduling/send.ts'),
    ]);
    const all = await withClient((client, { temporal: { taskQueue } }) =>
      client.withDeadline(Date.now() + LIST_TIMEOUT_MS, () => listSends(client, taskQueue)),
    );
    const sends = all.filter((send) => isPending(send) && namedBy(send).some((id) => ids.includes(id)));
    return { kind: 'seen', sends: sends.map(({ id }) => id) };
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
}

function warn(waiting: Waiting): void {
  switch (waiting.kind) {
    case 'unknown':
      return console.error(`note: couldn't check whether a scheduled send names it: ${waiting.reason}`);
    case 'seen':
      for (const id of waiting.sends) {
        console.error(
          `The scheduled send ${id} names one of them and would send nothing: slack-reports send cancel ${id}`,
        );
      }
  }
}
