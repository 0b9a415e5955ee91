import { Temporal } from 'temporal-polyfill';
import { UserError } from '../lib/errors.ts';
import {
  localTimeAt,
  nextOccurrence,
  offsetAt,
  parseRecurrence,
  parseZone,
  type Occurrence,
} from './recurrence/recurrence.ts';

/** Zones lie between UTC-12 and UTC+14: a local time read as UTC, less this, is before it everywhere. */
const BEFORE_ANYWHERE_MS = 15 * 3_600_000;
/** No clock is further from UTC. */
const OFFSET_MAX_MINUTES = 14 * 60;
/** Temporal's calendars reach from and to: `minCalendarYear`, `maxCalendarYear` in calendar.go. */
const [FIRST_YEAR, LAST_YEAR] = [2000, 2100];

/** A date, a time of day if one is given, and then an offset or a zone. A zone begins with a letter: 9:00 is a time. */
const TIME =
  /^(\d{4}-\d\d-\d\d)(?:(?:[Tt]| +)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?)?(?: *([Zz]|[+-]\d\d:?\d\d)| +([A-Za-z]\S*))?$/;

/**
 * Reads "2026-12-01" or "2026-12-01 09:00", either with a zone after it, or an ISO 8601 time with an offset. Without a zone
 * it is read in `timezone`. A time that the clock skips becomes the first minute after it; if a local time occurs twice, the
 * first is used. Throws a UserError for any other text, and for a date or a time of day that does not exist.
 */
export function parseTime(text: string, timezone: string): Date {
  return readTime(text, timezone).at;
}

/** The same, with the local time it was read from; none for a time with an offset. */
export function readTime(text: string, timezone: string): { at: Date; occurrence?: Occurrence } {
  const match = TIME.exec(text.trim());
  if (match === null) throw invalid(text);
  const [, date = '', hour, minute = '00', second = '00', offset, zone = timezone] = match;
  checkDate(text, date, 'invalid_time');
  if (Number(hour ?? 0) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw invalid(text, 'the time of day goes from 00:00 to 23:59');
  }
  const local = `${date}T${(hour ?? '').padStart(2, '0')}:${minute}`;
  if (offset !== undefined) {
    if (hour === undefined) throw invalid(text, 'an offset needs a time of day');
    // Schedules have whole seconds.
    return { at: new Date(Date.parse(`${local}:${second}Z`) - offsetMinutes(text, offset) * 60_000) };
  }
  if (/^[ap]\.?m\.?$/i.test(zone)) throw invalid(text, 'hours go from 00 to 23');
  if (second !== '00') throw invalid(text, 'a local time has no seconds');
  const [, month = 0, day = 0] = date.split('-').map(Number);
  const cron = `${Number(minute)} ${Number(hour ?? 0)} ${day} ${month} *`;
  const rule = parseRecurrence({ cron, timezone: parseZone(zone) });
  const wanted = hour === undefined ? `${date}T00:00` : local;
  const occurrence = nextOccurrence(rule, new Date(Date.parse(`${wanted}Z`) - BEFORE_ANYWHERE_MS));
  if (occurrence?.local !== wanted) throw invalid(text, `${rule.timezone} never has that day`);
  return { at: occurrence.at, occurrence };
}

/** Checks a date such as 2026-12-01. Throws a UserError for any other text, and for a day that does not exist. */
export function parseDate(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) throw notADate(text, 'Write it like 2026-12-01.');
  checkDate(text, text, 'invalid_date');
  return text;
}

/** Dates to skip of one rule or schedule: 20 years of holidays and more. A Temporal server breaks on some ten thousand. */
export const SKIP_MAX = 2_000;

/** Checks a date such as 2026-12-25, or 12-25 for every year. */
export function parseSkipDate(text: string): string {
  if (!/^(\d{4}-)?\d\d-\d\d$/.test(text)) throw notADate(text, 'Write it like 2026-12-25, or 12-25 for every year.');
  // A leap year: 29 February comes in some.
  checkDate(text, text.length === '12-25'.length ? `2000-${text}` : text, 'invalid_date');
  return text;
}

function checkDate(text: string, date: string, code: 'invalid_time' | 'invalid_date'): void {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const refuse = (problem: string) =>
    UserError.input(code, `"${text}" does not exist: ${problem}`, { hint: HINTS[code] });
  if (year < FIRST_YEAR || year > LAST_YEAR) {
    throw UserError.input(code, `"${text}" is not from ${FIRST_YEAR} to ${LAST_YEAR}`, { hint: HINTS[code] });
  }
  if (month < 1 || month > 12) throw refuse('months go from 01 to 12');
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day >= 1 && day <= days) return;
  const name = new Date(Date.UTC(year, month - 1, 1)).toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' });
  throw refuse(`${name}${month === 2 && text.includes(date) ? ` ${year}` : ''} has ${days} days`);
}

function offsetMinutes(text: string, offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  const total = hours * 60 + minutes;
  if (minutes > 59 || total > OFFSET_MAX_MINUTES) throw invalid(text, `no clock is ${offset} from UTC`);
  return offset.startsWith('-') ? -total : total;
}

const HINTS = {
  invalid_time: 'Write it like "2026-12-01 09:00", "2026-12-01 09:00 Europe/Berlin" or 2026-12-01T08:00:00Z.',
  invalid_date: 'Write it like 2026-12-25.',
};

function invalid(text: string, problem?: string): UserError {
  const message = `"${text}" is not a time${problem === undefined ? '' : `: ${problem}`}`;
  return UserError.input('invalid_time', message, { hint: HINTS.invalid_time });
}

function notADate(text: string, hint: string): UserError {
  return UserError.input('invalid_date', `"${text}" is not a date`, { hint });
}

/** The first instant of the local day of `at`, or of a day later: midnight, or the first minute after a gap there. */
export function startOfDay(timezone: string, at: Date, daysLater = 0): Date {
  const offset = offsetAt(timezone, at.getTime());
  const midnight = (Math.floor((at.getTime() + offset) / DAY_MS) + daysLater) * DAY_MS;
  const there = offsetAt(timezone, midnight - offset);
  const start = midnight - there;
  // Near a clock change there may be two midnights, or none; Temporal knows, and takes a hundred times as long.
  const isPlain = [start, start - CHANGE_MAX_MS].every((instant) => offsetAt(timezone, instant) === there);
  return isPlain ? new Date(start) : startOfOddDay(timezone, at, daysLater);
}

function startOfOddDay(timezone: string, at: Date, daysLater: number): Date {
  const date = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone).toPlainDate();
  return new Date(date.add({ days: daysLater }).toZonedDateTime(timezone).epochMilliseconds);
}

const DAY_MS = 86_400_000;
/** No clock is put back by more. */
const CHANGE_MAX_MS = 3 * 3_600_000;

/** The local date of an instant: `2026-11-23`. */
export function localDate(timezone: string, at: Date): string {
  return localTimeAt(timezone, at).slice(0, 'yyyy-mm-dd'.length);
}
