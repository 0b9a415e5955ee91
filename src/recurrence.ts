/**
 * A recurrence is a cron rule read on the wall clock of one time zone. This module turns it into *slots*: the local
 * minutes at which a notification is due, and the instants at which they come. Pure: reads no clock, does no I/O.
 *
 * The cron means what it means to Temporal's server (v1.29.1, service/worker/scheduler/calendar.go), so that a rule fires
 * alike on a Temporal schedule and here: exactly five fields (Temporal reads a sixth as the year, others as seconds); day of
 * month AND day of week (classic cron: either), so `0 9 1-7 * MON` is the first Monday of a month; no `#` (a comment to
 * Temporal: `MON#1` would fire every Monday), `L`, `W`, `?` or `@daily`.
 *
 * Where the clock is changed it is kinder than a Temporal schedule. A slot fires **the first time that the local clock shows
 * or passes it**, so a local minute fires at most once and the instants strictly increase:
 * - Put back: the first time only (`remark: 'repeated'`). An hourly or every-minute rule is silent while the hour repeats.
 * - Put forward: a slot in the gap fires at the first minute after it (`remark: 'shifted'`, `local` keeps the nominal 02:30);
 *   of several, the first. A rule that fires by itself within as long after the gap as the gap is long drops the slots in it:
 *   `15 * * * *` goes 01:15, 03:15, and `0 9 * * *` does not make up for 30 December 2011, which Samoa never had.
 */
import cronstrue from 'cronstrue';
import { UserError } from './errors.ts';
import { didYouMean } from './similar.ts';

export interface Recurrence {
  /** The five fields as given, single spaces between them. */
  readonly cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timezone: string;
  readonly fields: CronFields;
  /** Tells the zone's offset. Takes about 75 µs to make and 1 µs to ask, hence one for each recurrence. */
  readonly clock: Intl.DateTimeFormat;
}

export interface Slot {
  /** Nominal local time to the minute, e.g. `2026-11-23T09:00`; no two slots of a recurrence share one. */
  readonly local: string;
  readonly timezone: string;
  readonly at: Date;
  /** `shifted`: the clock skips `local`, `at` is the first minute after. `repeated`: it shows `local` twice, `at` is the first. */
  readonly remark?: 'shifted' | 'repeated';
}

interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
}

/** A local date and time as the milliseconds that UTC would give it: calendar arithmetic without a zone. */
type Wall = number;

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** Temporal matches no later year: `maxCalendarYear` in calendar.go. */
const END_OF_CALENDAR: Wall = Date.UTC(2101, 0, 1);
/** Zones lie between UTC-12 and UTC+14; one hour more on each side, so that a clock change is seen from both. */
const EARLIEST_INSTANT = -15 * HOUR;
const LATEST_INSTANT = 13 * HOUR;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Reads a cron rule and a zone.
 * @throws UserError `invalid_cron` (also for a rule that never fires, such as 30 February) or `invalid_timezone`.
 */
export function parseRecurrence(input: { cron: string; timezone: string }): Recurrence {
  const cron = input.cron.trim().replace(/\s+/g, ' ');
  return { cron, fields: parseCron(cron), ...parseZone(input.timezone) };
}

/**
 * The first slot strictly after `after`, or undefined when there is none up to the year 2100.
 * @throws RangeError when `after` is an invalid date.
 */
export function nextSlot({ fields, clock, timezone }: Recurrence, after: Date): Slot | undefined {
  const afterMs = after.getTime();
  if (Number.isNaN(afterMs)) throw new RangeError('nextSlot: "after" is an invalid date');
  const toSlot = (wall: Wall, at: number, remark?: 'shifted' | 'repeated'): Slot => ({
    local: new Date(wall).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length),
    timezone,
    at: new Date(at),
    ...(remark && { remark }),
  });
  let wall = firstMatch(fields, Math.floor((afterMs + offsetAt(clock, afterMs)) / MINUTE + 1) * MINUTE);
  while (wall !== undefined) {
    const before = offsetAt(clock, wall + EARLIEST_INSTANT);
    const later = offsetAt(clock, wall + LATEST_INSTANT);
    if (before === later) return toSlot(wall, wall - before);

    const change = findChange(clock, wall + EARLIEST_INSTANT, wall + LATEST_INSTANT);
    const [gapStart, gapEnd] = [change + before, change + later];
    if (wall < gapStart) {
      const at = wall - before;
      if (at > afterMs) return toSlot(wall, at, wall >= gapEnd ? 'repeated' : undefined);
      wall = firstMatch(fields, gapStart); // `after` lies where the clock repeats
    } else if (wall >= gapEnd) {
      return toSlot(wall, wall - later);
    } else {
      const own = firstMatch(fields, gapEnd);
      if (own === undefined || own >= gapEnd + (gapEnd - gapStart)) return toSlot(wall, change, 'shifted');
      wall = own;
    }
  }
  return undefined;
}

/** The slots in the window (afterExclusive, untilInclusive], in order; the first `limit` of them. */
export function slotsBetween(
  recurrence: Recurrence,
  afterExclusive: Date,
  untilInclusive: Date,
  limit: number,
): Slot[] {
  const slots: Slot[] = [];
  let slot = nextSlot(recurrence, afterExclusive);
  while (slot && slot.at <= untilInclusive && slots.length < limit) {
    slots.push(slot);
    slot = nextSlot(recurrence, slot.at);
  }
  return slots;
}

/** The identity of a slot, e.g. `2026-11-23T09:00[Europe/Berlin]`. */
export function occurrenceKey(slot: Slot): string {
  return `${slot.local}[${slot.timezone}]`;
}

/** In English, e.g. "At 09:00, Monday through Friday, Europe/Berlin". */
export function describeRecurrence({ cron, timezone }: Recurrence): string {
  return `${cronstrue.toString(cron, { use24HourTimeFormat: true, logicalAndDayFields: true })}, ${timezone}`;
}

/** The first matching local minute at or after `from`. */
function firstMatch(fields: CronFields, from: Wall): Wall | undefined {
  let day = Math.floor(from / DAY) * DAY;
  let earliest = Math.ceil((from - day) / MINUTE);
  while (day < END_OF_CALENDAR) {
    const date = new Date(day);
    if (!fields.months.has(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    } else {
      if (fields.daysOfMonth.has(date.getUTCDate()) && fields.daysOfWeek.has(date.getUTCDay())) {
        for (const hour of fields.hours) {
          const minute = fields.minutes.find((candidate) => hour * 60 + candidate >= earliest);
          if (minute !== undefined) return day + hour * HOUR + minute * MINUTE;
        }
      }
      day += DAY;
    }
    earliest = 0;
  }
  return undefined;
}

/** Offset from UTC in ms at an instant. The format yields e.g. "2026, GMT+05:30", or GMT-00:44:30 before a zone had whole minutes. */
export function offsetAt(clock: Intl.DateTimeFormat, instant: number): number {
  const text = clock.format(instant);
  const sign = text.indexOf('GMT') + 'GMT'.length;
  const [hours = 0, minutes = 0, seconds = 0] = text
    .slice(sign + 1)
    .split(':', 3)
    .map(Number);
  return (text[sign] === '-' ? -1_000 : 1_000) * (hours * 3_600 + minutes * 60 + seconds);
}

/** The instant between `from` and `to` at which the clock was changed, to the second. */
function findChange(clock: Intl.DateTimeFormat, from: number, to: number): number {
  const before = offsetAt(clock, from);
  let [same, changed] = [Math.floor(from / 1_000), Math.floor(to / 1_000)];
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetAt(clock, middle * 1_000) === before) same = middle;
    else changed = middle;
  }
  return changed * 1_000;
}

function parseCron(cron: string): CronFields {
  const invalid = (problem: string, hint: string): never => {
    throw new UserError('invalid_cron', `Cron "${cron}" is invalid: ${problem}.`, { hint });
  };
  const example = 'Write minute, hour, day of month, month, day of week, e.g. "0 9 * * 1-5" for 09:00 on workdays';
  const texts = cron.split(' ');
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = texts;
  if (texts.length !== 5)
    invalid(`it has ${texts.length} field(s), not 5`, `${example}; no @daily, TZ=, seconds or year.`);
  const parse = (text: string, name: string, min: number, max: number, words: readonly string[] = []): number[] => {
    const values = new Set<number>();
    const range = `${min}-${max}${words.length > 0 ? ` or ${words[0]}-${words.at(-1)}` : ''}`;
    const read = (word: string): number => {
      const index = words.indexOf(word.toUpperCase());
      const value = index >= 0 ? min + index : /^\d+$/.test(word) ? Number(word) : Number.NaN;
      if (value >= min && value <= max) return value;
      return invalid(`${name} "${word}" is not within ${range}`, `${example}; ?, L, W and # are not known.`);
    };
    for (const part of text.split(',')) {
      const [, star, first = '', last, step] = /^(?:(\*)|([^-/*]+)(?:-([^-/*]+))?)(?:\/(\d+))?$/.exec(part) ?? [];
      if (!star && !first) invalid(`${name} "${part}" cannot be read`, 'Forms: *  5  1-5  1,15  */15  8-18/2');
      const from = star ? min : read(first);
      // As in calendar.go, "5/15" runs from 5 to the end of the field.
      const to = star || (last === undefined && step) ? max : read(last ?? first);
      const stride = Number(step ?? 1);
      if (to < from) invalid(`${name} "${part}" runs backwards within ${range}`, 'Write it as two ranges.');
      if (stride < 1 || stride > max) invalid(`step ${stride} of ${name} is not within 1-${max}`, `${example}.`);
      for (let value = from; value <= to; value += stride) values.add(value);
    }
    return [...values].toSorted((a, b) => a - b);
  };
  const fields: CronFields = {
    minutes: parse(minute, 'minute', 0, 59),
    hours: parse(hour, 'hour', 0, 23),
    daysOfMonth: new Set(parse(dayOfMonth, 'day of month', 1, 31)),
    months: new Set(parse(month, 'month', 1, 12, MONTHS)),
    daysOfWeek: new Set(parse(dayOfWeek, 'day of week', 0, 7, DAYS).map((day) => day % DAYS.length)),
  };
  if (firstMatch(fields, Date.UTC(2000, 0, 1)) === undefined) {
    invalid(`it never fires, month ${month} has no day ${dayOfMonth}`, 'Choose a day of month that the month has.');
  }
  return fields;
}

function parseZone(name: string): { timezone: string; clock: Intl.DateTimeFormat } {
  const clock = clockOf(name);
  const canonical = clock?.resolvedOptions().timeZone ?? name;
  // Temporal is strict about case. An alias such as Asia/Kolkata or Japan stays as it is.
  const timezone = canonical.toLowerCase() === name.toLowerCase() ? canonical : name;
  // Abbreviations are refused: releases of the tz database disagree about CET and EST, and IST and BST mean several places.
  const named = /^(UTC|GMT|[A-Z][\w-]*[a-z]|(?!SystemV)[A-Z][\w-]*(\/[A-Z][\w+-]*)+)$/.test(timezone);
  if (clock && named) return { timezone, clock };
  const near = didYouMean(name, Intl.supportedValuesOf('timeZone'));
  const hint = near ?? 'Name a place, e.g. Europe/Berlin or America/New_York, or UTC.';
  throw new UserError('invalid_timezone', `Time zone "${name}" names no place in the IANA database.`, { hint });
}

export function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  } catch {
    return undefined; // RangeError: no such zone
  }
}
