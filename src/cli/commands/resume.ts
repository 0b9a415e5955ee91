import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import { parseDuration } from '../../lib/duration.ts';
import { fanOut } from '../output/fan-out.ts';

export function resumeCommand() {
  return new Command('resume')
    .description('send parked deliveries (fix the token or channel first)')
    .argument('<id>', 'a workspace or a notification from `parked list`')
    .option('--within <duration>', 'record deliveries later than this as missed', '24 hours')
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async (id, { within, ...options }) => {
      const withinMs = parseDuration(within, { name: '--within', minMs: 1_000, example: '2 hours' });
      return fanOut((context) => deliveriesOf(context).resume(id, { withinMs }), options);
    });
}
