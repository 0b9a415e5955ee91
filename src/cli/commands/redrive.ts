import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import { UserError } from '../../lib/errors.ts';
import { definedOnly } from '../../lib/defined.ts';
import { fanOut } from '../output/fan-out.ts';

export function redriveCommand() {
  return new Command('redrive')
    .description('retry failed deliveries; never touches delivered or unconfirmed ones')
    .option('--run <id>', 'only those of this run (its workflow id)')
    .option('--workspace <id>', 'only those of this workspace')
    .option('--notification <id>', 'only those of this notification')
    .option('--channel <id>', 'only those to this channel')
    .option('--error <code>', 'only those that failed with this code: invalid_blocks')
    .option('--all', 'every failed delivery')
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async ({ run, workspace, notification, channel, error, all, ...options }) => {
      const filter = definedOnly({
        dispatchId: run,
        workspaceId: workspace,
        notificationId: notification,
        channel,
        errorCode: error,
      });
      const isAll = Object.keys(filter).length === 0;
      if (isAll && all !== true) {
        throw UserError.input('invalid_selection', 'Say which failed deliveries to retry', {
          hint: 'Narrow with --run, --workspace, --notification, --channel or --error, or use --all.',
        });
      }
      return fanOut((context) => deliveriesOf(context).redrive(isAll ? 'all' : filter), options);
    });
}
