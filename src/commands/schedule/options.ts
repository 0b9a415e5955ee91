import type { Command } from '@commander-js/extra-typings';
import { UserError } from '../../errors.ts';
import { type Schedules, schedules } from '../../schedule.ts';
import { OVERLAPS } from '../../schedules/input.ts';
import { DEFAULTS, overlapName, settingTexts } from '../../schedules/settings.ts';
import { withClient } from '../context.ts';

const defaults = settingTexts(DEFAULTS);
const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];

/** When it fires. */
export function withTimes<Args extends unknown[]>(command: Command<Args>) {
  return command
    .option('--cron <expression>', 'five fields: minute hour day-of-month month day-of-week; may be repeated', collect)
    .option('--every <interval>', '"6 hours", or "6 hours + 1 hour" for 01:00, 07:00 … UTC; may be repeated', collect)
    .option(
      '--skip <date>',
      'a local date without a fire: 2026-12-25, or 12-25 of every year; may be repeated',
      collect,
    )
    .option('--timezone <name>', `IANA zone of cron, skip, start and end (default: ${defaults.timezone})`)
    .option('--start <time>', 'does not fire before: "2026-12-01 09:00", in its zone unless it names one')
    .option('--end <time>', 'does not fire after; seven days later the server deletes it');
}

/** How it fires, and what that does to its notifications. */
export function withPolicies<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option(
      '--overlap <policy>',
      `what it does while its run before is under way, see below (default: ${defaults.overlap})`,
    )
    .option(
      '--catchup-window <duration>',
      `a fire that comes later than this after an outage is left out: its riders get nothing (default: ${defaults.catchupWindow})`,
    )
    .option('--pause-on-failure', 'pause when a run fails as a whole; a delivery that fails does not fail its run')
    .option('--jitter <duration>', 'start the run up to so much later, by chance; to spread its posts use --window')
    .option('--window <duration>', `spread the posts over this time after each fire (default: ${defaults.window})`)
    .option('--remaining-runs <n>', 'fire so many times more, and then not again; triggers and backfills do not count')
    .option('--note <text>', 'for people: shown in the list and in the Web UI');
}

const OVERLAP_WORDS: Record<string, string> = {
  'allow-all': 'both run; nothing is lost, and the ledger lets no occurrence be sent twice',
  'buffer-all': 'one after the other; nothing is lost, but posts come late',
  'buffer-one': 'one may wait; of those that come meanwhile all others are left out: their riders get nothing',
  skip: 'it is left out: its riders get nothing for it',
  'cancel-other': 'the run before is cancelled: what it has not posted yet is not sent',
  'terminate-other': 'the run before is ended at once; a later run takes up what it has not posted',
};

export const OVERLAP_HELP = `
Overlap: when a schedule fires while its run before is still under way:
${OVERLAPS.map(overlapName)
  .map((name) => `  ${name.padEnd(16)} ${OVERLAP_WORDS[name]}`)
  .join('\n')}`;

/** To standard error, for what works and yet loses or delays notifications. */
export function warnOfOverlap(overlap: string): void {
  if (overlap === defaults.overlap) return;
  console.error(
    `warning: overlap ${overlap}: when it fires while its run before is under way, ${OVERLAP_WORDS[overlap]}`,
  );
}

/** A number, or `none` for no limit. */
export function remainingRunsOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError('invalid_schedule', `--remaining-runs "${text}" is not a whole number`, {
    hint: 'Give a number such as 5; with `schedule update` also "none", for no limit.',
  });
}

export async function withSchedules<Result>(work: (all: Schedules) => Promise<Result>): Promise<Result> {
  return withClient((client, config) => work(schedules(client, config.temporal.taskQueue)));
}
