import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import { YES_OPTION } from '../output/confirm.ts';
import { fanOut } from '../output/fan-out.ts';
import { ALL_OCCURRENCES_OPTION, confirmRevival, readHow, withinOption } from './reviving.ts';

export function resumeCommand() {
  return new Command('resume')
    .description('send parked deliveries (fix the token or channel first)')
    .argument('<id>', 'a workspace or a notification from `parked list`')
    .option(...withinOption('the others are recorded as missed'))
    .option(...ALL_OCCURRENCES_OPTION)
    .option(...YES_OPTION)
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async (id, { within, allOccurrences, yes, ...options }) => {
      const how = readHow({ within, allOccurrences });
      return fanOut(async (context) => {
        const deliveries = deliveriesOf(context);
        const expected = await deliveries.wouldResume(id, how);
        await confirmRevival(expected, { kind: 'parked', withinMs: how.withinMs, yes });
        return deliveries.resume(id, how);
      }, options);
    });
}
