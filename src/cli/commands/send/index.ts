import { Command } from '@commander-js/extra-typings';
import { cancelCommand } from './cancel.ts';
import { listCommand } from './list.ts';
import { ONCE_HELP, onceCommand } from './once.ts';
import { rescheduleCommand } from './reschedule.ts';

export function sendCommand() {
  const once = onceCommand();
  return new Command('send')
    .description('send a notification, or a report to a channel, once: now or at a time')
    .addHelpText('after', () => `\nWithout a command it is \`send once\`:\n\n${once.helpInformation()}${ONCE_HELP}`)
    .addCommand(once, { isDefault: true })
    .addCommand(listCommand())
    .addCommand(rescheduleCommand())
    .addCommand(cancelCommand());
}
