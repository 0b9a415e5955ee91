import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import { fanOut } from '../output/fan-out.ts';

export function resendCommand() {
  return new Command('resend')
    .description('post one occurrence again, even if it was delivered')
    .argument('<notification>')
    .option('--occurrence <key>', 'its key in `deliveries list` (default: the newest)')
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async (notificationId, { occurrence, ...options }) =>
      fanOut((context) => deliveriesOf(context).resend(notificationId, { occurrence }), options),
    );
}
