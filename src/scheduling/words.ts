import { nextClockChange, occurrencesBetween, parseRecurrence, type Step } from '../domain/recurrence/recurrence.ts';
import { isReadable, parseWords, type WordedRule } from '../domain/recurrence/words.ts';
import { parseDuration } from '../lib/duration.ts';
import { UserError } from '../lib/errors.ts';
import { cronText } from './calendar.ts';
import type { Interval, ScheduleSettings } from './settings.ts';

/** What `every` says of a schedule: the words of a notification, or an interval that no words say, such as "90 minutes". */
export type Every = { kind: 'interval'; interval: Interval } | { kind: 'words'; text: string; rule: WordedRule };

/**
 * Reads "every weekday at 09:00" or "6 hours", in words first: they mean what they mean to a notification, in the zone of the
 * schedule. "90 minutes" and "6 hours + 1 hour" are counted from 1970-01-01T00:00Z, whatever the zone.
 * @throws UserError
 */
export function readEvery(text: string): Every {
  if (isReadable(text)) return { kind: 'words', text, rule: expressible(text, parseWords(text)) };
  if (isLength(text)) return { kind: 'interval', interval: readInterval(text) };
  return { kind: 'words', text, rule: parseWords(text) };
}

/** Only numbers with a word each: "90 minutes", "1 hour and 30 minutes", "6 hours + 1 hour", and no "1st friday" or "9am". */
function isLength(text: string): boolean {
  if (!/^\s*\d/.test(text) || /\d(st|nd|rd|th|am|pm)\b/i.test(text)) return false;
  return text.replaceAll(/\d\s*[a-z]+|\band\b|[\d\s.,+-]/gi, '') === '';
}

/** A schedule of Temporal matches fields, and counts nothing within a month. */
function expressible(text: string, rule: WordedRule): WordedRule {
  if (rule.nthDay === undefined) return rule;
  throw UserError.input(
    'invalid_schedule',
    `"${text}" cannot be a Temporal schedule, which does not count the days of a month`,
    {
      hint: `A notification can: \`notifications update <id> --every "${text}"\``,
    },
  );
}

/** The crons and intervals of what is said, in the zone and from the start of the schedule. */
export function timesOfEvery(
  all: readonly Every[],
  { timezone, start, now }: { timezone: string; start: Date | undefined; now: Date },
): Pick<ScheduleSettings, 'cron' | 'every'> {
  const cron: string[] = [];
  const every: Interval[] = [];
  for (const one of all) {
    if (one.kind === 'interval') every.push(one.interval);
    else if (one.rule.step === undefined) cron.push(cronText(parseRecurrence({ cron: one.rule.cron, timezone })));
    else every.push(...intervalsOf(one.text, { cron: one.rule.cron, step: one.rule.step }, { timezone, start, now }));
  }
  return { cron, every };
}

const DAY_MS = 86_400_000;

/** Every other Friday, as fires that are 14 days apart: right only where no clock is ever changed. */
function intervalsOf(
  text: string,
  { cron, step }: { cron: string; step: Omit<Step, 'anchorOn'> },
  { timezone, start, now }: { timezone: string; start: Date | undefined; now: Date },
): Interval[] {
  const refuse = (problem: string, hint: string) =>
    UserError.input('invalid_schedule', `"${text}" ${problem}`, { hint });
  const own = `A notification can: \`notifications update <id> --every "${text}"\``;
  if (nextClockChange(timezone, now.getTime()) !== Infinity) {
    throw refuse(
      `cannot be a Temporal schedule in ${timezone}: it counts hours, and the clock of ${timezone} is changed`,
      own,
    );
  }
  const daily = parseRecurrence({ cron, timezone });
  if (daily.fields.months.size < 12) throw refuse('cannot be a Temporal schedule of some months only', own);
  if (start === undefined) {
    throw refuse('needs a start, from which it is counted', 'Give the first date by `start`, such as 2026-12-04.');
  }
  const before = new Date(start.getTime() - 1);
  const [first] = occurrencesBetween(daily, before, new Date(start.getTime() + 400 * DAY_MS), 1);
  const anchorOn = first?.local.slice(0, 'yyyy-mm-dd'.length) ?? '';
  const length = step.every * (step.unit === 'week' ? 7 : 1) * DAY_MS;
  const rule = parseRecurrence({ cron, timezone, step: { ...step, anchorOn } });
  const fires = occurrencesBetween(rule, before, new Date(before.getTime() + length), MANY);
  return fires.map(({ at }) => ({ every: length, offset: at.getTime() % length }));
}

/** An interval for each fire: more of them are no schedule that a person can read. */
const MANY = 100;

function readInterval(text: string): Interval {
  const [length = '', offset] = text.split('+').map((part) => part.trim());
  const interval = { every: readLength(length, 1_000), offset: offset === undefined ? 0 : readLength(offset, 0) };
  if (interval.offset < interval.every) return interval;
  throw UserError.input('invalid_duration', `"${text}": what comes after the + is not less than what is before it`);
}

function readLength(text: string, minMs: number): number {
  return parseDuration(text, { minMs, example: '10 minutes' });
}
