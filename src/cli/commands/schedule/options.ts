import type { Command } from '@commander-js/extra-typings';
import { UserError } from '../../../lib/errors.ts';
import { type Schedules, schedules } from '../../../schedule.ts';
import { OVERLAPS } from '../../../scheduling/input.ts';
import { DEFAULTS, overlapName, type ScheduleTimes, settingTexts } from '../../../scheduling/settings.ts';
import { withClient } from '../../context.ts';

const defaults = settingTexts(DEFAULTS);
const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];

/** When it fires. */
export function withTimes<Args extends unknown[]>(command: Command<Args>) {
  return command
    .option('--cron <expression>', 'minute hour day-of-month month day-of-week; repeatable', collect)
    .option(
      '--every <words>',
      'the words of notifications: "weekday at 09:00", "2 hours"; or an interval: "90 minutes", "6 hours + 1 hour" for 01:00, 07:00 … UTC; repeatable',
      collect,
    )
    .option(
      '--skip <date>',
      'a local date on which it does not fire: 2026-12-25, or 12-25 for every year; repeatable',
      collect,
    )
    .option('--timezone <name>', `IANA time zone of --cron, --skip, --start and --end (default: ${defaults.timezone})`)
    .option('--start <time>', 'do not fire before: "2026-12-01 09:00", in its zone unless you name one')
    .option('--end <time>', 'do not fire after; the server deletes it seven days later');
}

/** How it fires, and what that does to its notifications. */
export function withPolicies<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option(
      '--overlap <policy>',
      `what to do if the previous run is still running; see below (default: ${defaults.overlap})`,
    )
    .option(
      '--catchup-window <duration>',
      `after an outage, still fire if at most this late; otherwise skip that fire (default: ${defaults.catchupWindow})`,
    )
    .option('--pause-on-failure', 'pause if a run fails; a failed delivery does not fail its run')
    .option('--jitter <duration>', 'start each run up to this much later, at random (to spread posts, use --window)')
    .option('--window <duration>', `spread the posts over this time after each fire (default: ${defaults.window})`)
    .option('--remaining-runs <n>', 'fire this many more times, then stop; triggers and backfills do not count')
    .option('--note <text>', 'note to show in the list and in the Web UI');
}

const OVERLAP_WORDS: Record<string, string> = {
  'allow-all': 'run both; nothing is lost, and nothing is sent twice',
  'buffer-all': 'run them one after the other; nothing is lost, but posts come late',
  'buffer-one': 'let one wait; skip the others: their notifications are not sent',
  skip: 'skip this fire: its notifications are not sent',
  'cancel-other': 'cancel the previous run: what it has not posted yet is not sent',
  'terminate-other': 'end the previous run at once; a later run sends what it has not posted',
};

export const OVERLAP_HELP = `
Overlap: what to do if a schedule fires while its previous run is still running:
${OVERLAPS.map(overlapName)
  .map((name) => `  ${name.padEnd(16)} ${OVERLAP_WORDS[name]}`)
  .join('\n')}`;

/** On standard error: it works, but loses or delays notifications. */
export function warnOfOverlap(overlap: string): void {
  if (overlap === defaults.overlap) return;
  console.error(`warning: --overlap ${overlap}: if the previous run is still running, ${OVERLAP_WORDS[overlap]}`);
}

const DAY_MS = 86_400_000;

/** On standard error: intervals are counted in UTC, whatever the start and the zone. */
export function noteOnIntervals({ every, start, timezone }: ScheduleTimes): void {
  // Every other week is counted from the start: see scheduling/words.ts.
  const counted = start === undefined ? every : every.filter(({ every: ms }) => ms < 2 * DAY_MS);
  if (counted.length === 0 || (start === undefined && timezone === defaults.timezone)) return;
  console.error(
    'note: --every counts from 1970-01-01T00:00Z, not from --start, and not in --timezone; "1 day + 7 hours" fires at 07:00 UTC',
  );
}

/** A number, or `none` for no limit. */
export function remainingRunsOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw UserError.input('invalid_schedule', `--remaining-runs "${text}" is not a whole number`, {
    hint: 'Give a number such as 5; with `schedule update` also "none", for no limit.',
  });
}

export async function withSchedules<Result>(work: (all: Schedules) => Promise<Result>): Promise<Result> {
  return withClient((client, config) => work(schedules(client, config.temporal.taskQueue)));
}
