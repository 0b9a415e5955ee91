import { Command } from '@commander-js/extra-typings';
import { timezoneOf } from '../../../domain/notification.ts';
import { UserError } from '../../../lib/errors.ts';
import { parseTime } from '../../../domain/local-time.ts';
import { checkNotifications } from '../../check-notifications.ts';
import { withStore } from '../../context.ts';
import { printJson } from '../../output/output.ts';

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
      const paused = await withStore(async (store) => {
        await checkNotifications(store, ids);
        const rows = await store.notifications.list({ ids });
        const pauses = rows.map(({ id, due }) => ({ id, until: untilOf(untilText, timezoneOf(due) ?? 'UTC') }));
        for (const { id, until } of pauses) await store.notifications.pause(id, { until, note });
        return pauses;
      });
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
      const ended = await withStore(async (store) => {
        await checkNotifications(store, ids);
        const results = [];
        for (const id of ids) results.push({ id, unpaused: await store.notifications.unpause(id) });
        return results;
      });
      if (json === true) printJson(ended);
      else
        for (const { id, unpaused } of ended)
          console.log(unpaused ? `Notification ${id} is no longer paused` : `Notification ${id} is not paused`);
    });
}

function untilOf(text: string | undefined, timezone: string): Date | undefined {
  if (text === undefined) return undefined;
  const until = parseTime(text, timezone);
  if (until > new Date()) return until;
  throw UserError.input('invalid_time', `--until "${text}" has passed (${until.toISOString()})`, {
    hint: 'Name a future time; a date alone means its first minute.',
  });
}
