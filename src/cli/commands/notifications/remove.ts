import { Command } from '@commander-js/extra-typings';
import { checkNotifications } from '../../../client/known.ts';
import { notificationsOf } from '../../../client/notifications.ts';
import { type SendsNaming, sendsNaming } from '../../../client/sends-naming.ts';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { withContext } from '../../context.ts';
import { printJson } from '../../output/output.ts';

export function removeCommand() {
  return new Command('remove')
    .description('remove notifications; their deliveries stay in the ledger, and parked ones are cancelled')
    .argument('<id...>')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (ids, { yes, json }) => {
      const sends = await withContext(async (context) => {
        await checkNotifications(await context.store(), ids);
        const naming = await sendsNaming(context, ids);
        if (json !== true) warnOfSends(naming);
        await confirm(`Remove ${ids.join(', ')}?`, yes);
        await notificationsOf(context).remove(ids);
        return naming.kind === 'seen' ? naming.sends : null;
      });
      if (json === true) printJson({ removed: ids, sends });
      else console.log(`Removed ${ids.join(', ')}`);
    });
}

export function warnOfSends(naming: SendsNaming): void {
  switch (naming.kind) {
    case 'unknown':
      return console.error(`note: couldn't check whether a scheduled send names it: ${naming.reason}`);
    case 'seen':
      for (const id of naming.sends) {
        console.error(
          `The scheduled send ${id} names one of them and would send nothing: slack-reports send cancel ${id}`,
        );
      }
  }
}
