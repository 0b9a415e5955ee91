import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import { UserError } from '../../lib/errors.ts';
import { definedOnly } from '../../lib/defined.ts';
import { YES_OPTION } from '../output/confirm.ts';
import { fanOut } from '../output/fan-out.ts';
import { ALL_OCCURRENCES_OPTION, confirmRevival, readHow, withinOption } from './reviving.ts';

export function redriveCommand() {
  return new Command('redrive')
    .description('retry failed deliveries; never touches delivered or unconfirmed ones')
    .option('--run <id>', 'only those of this run (its workflow id)')
    .option('--workspace <id>', 'only those of this workspace')
    .option('--notification <id>', 'only those of this notification')
    .option('--channel <id>', 'only those to this channel')
    .option('--error <code>', 'only those that failed with this code: invalid_blocks')
    .option('--all', 'every failed delivery')
    .option(...withinOption('the others stay failed'))
    .option(...ALL_OCCURRENCES_OPTION)
    .option(...YES_OPTION)
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async ({ run, workspace, notification, channel, error, all, within, allOccurrences, yes, ...options }) => {
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
      const how = readHow({ within, allOccurrences });
      const which = isAll ? 'all' : filter;
      return fanOut(async (context) => {
        const deliveries = deliveriesOf(context);
        const expected = await deliveries.wouldRedrive(which, how);
        await confirmRevival(expected, { kind: 'failed', withinMs: how.withinMs, yes });
        return deliveries.redrive(which, how);
      }, options);
    });
}
