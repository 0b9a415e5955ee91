import { Command } from '@commander-js/extra-typings';
import { printJson } from '../../output/output.ts';
import { withNotifications } from './options.ts';

export function pauseCommand() {
  return new Command('pause')
    .description('skip what is due from now on; the ledger records it as skipped')
    .argument('<id...>')
    .option(
      '--until <time>',
      'local time of the notification, such as "2027-01-07" or "2027-01-07 12:00" (default: until unpaused)',
    )
    .option('--note <text>', 'for people: why')
    .option('--json', 'print JSON')
    .action(async (ids, { until: untilText, note, json }) => {
      const paused = await withNotifications((notifications) => notifications.pause(ids, { until: untilText, note }));
      if (json === true) return printJson(paused.map(({ id, until }) => ({ id, until: until?.toISOString(), note })));
      for (const { id, until } of paused) {
        console.log(
          `Notification ${id} is paused ${until === undefined ? 'until it is unpaused' : `until ${until.toISOString()}`}`,
        );
      }
    });
}

export function unpauseCommand() {
  return new Command('unpause')
    .description('end its pause; what was due in it stays skipped (`resend` sends it)')
    .argument('<id...>')
    .option('--json', 'print JSON')
    .action(async (ids, { json }) => {
      const ended = await withNotifications((notifications) => notifications.unpause(ids));
      if (json === true) printJson(ended);
      else
        for (const { id, unpaused } of ended)
          console.log(unpaused ? `Notification ${id} is no longer paused` : `Notification ${id} is not paused`);
    });
}
