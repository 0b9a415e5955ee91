import { Command } from '@commander-js/extra-typings';
import { UserError } from '../errors.ts';
import { checkNotifications } from './check-notifications.ts';
import { withStore } from './context.ts';
import { fanOut } from './fan-out.ts';

export function runCommand() {
  return new Command('run')
    .description('fan out now, without a schedule: every enabled notification, or those you choose')
    .option('--schedule <id>', 'only the notifications that ride this schedule')
    .option('--notification <id...>', 'only these notifications')
    .option('--no-wait', 'return as soon as the run has started')
    .option('--json', 'print JSON')
    .action(async ({ schedule, notification, ...options }) => {
      if (schedule !== undefined && notification !== undefined) {
        throw new UserError('invalid_selection', 'Give either --schedule or --notification, not both');
      }
      if (schedule !== undefined) return fanOut({ schedule }, options);
      if (notification !== undefined) await withStore((store) => checkNotifications(store, notification));
      return fanOut({ notifications: notification ?? 'all' }, options);
    });
}
