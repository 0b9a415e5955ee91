import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../lib/errors.ts';
import { withStore } from '../context.ts';
import { fanOut } from '../output/fan-out.ts';

export function resendCommand() {
  return new Command('resend')
    .description('post one occurrence again, even if it was delivered')
    .argument('<notification>')
    .option('--occurrence <key>', 'its key in `deliveries list` (default: the newest)')
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async (notificationId, { occurrence: wanted, ...options }) => {
      const [row] = await withStore((store) => store.deliveries.list({ notificationId, occurrence: wanted }, 1));
      if (row === undefined) {
        const which = wanted === undefined ? 'no deliveries' : `no delivery for ${wanted}`;
        throw UserError.input('unknown_delivery', `Notification "${notificationId}" has ${which}`, {
          hint: `See \`slack-reports deliveries list --notification ${notificationId}\`.`,
        });
      }
      return fanOut({ kind: 'delivery', notificationId, occurrence: row.occurrence }, options);
    });
}
