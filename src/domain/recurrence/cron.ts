import { UserError } from '../../lib/errors.ts';

/** A local date and time as the milliseconds that UTC would give it: calendar arithmetic without a zone. */
export type Wall = number;

export const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** Temporal matches no later year: `maxCalendarYear` in calendar.go. */
const END_OF_CALENDAR: Wall = Date.UTC(2101, 0, 1);

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

export type StepUnit = 'day' | 'week';

/** The longest step: a year has some 52 weeks and 365 days. */
export const STEP_MAX = { day: 365, week: 52 } as const;

/** Keeps every n-th day, or every n-th week from Monday to Sunday. */
export interface Step {
  /** 2 for every other. */
  readonly every: number;
  readonly unit: StepUnit;
  /** A local date that counts, or one of a week that does: `2026-12-04`. */
  readonly anchorOn: string;
}

export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** Of the days that match in a month only the n-th, or the n-th from the end where it is negative. No cron says it. */
  readonly nthDay?: number | undefined;
  /** Of the days that match only those of every n-th day or week. No cron says it. */
  readonly step?: Step | undefined;
}

/** The first matching local minute at or after `from`. */
export function firstMatch(fields: CronFields, from: Wall): Wall | undefined {
  let day = Math.floor(from / DAY) * DAY;
  let earliest = Math.ceil((from - day) / MINUTE);
  while (day < END_OF_CALENDAR) {
    const date = new Date(day);
    if (!fields.months.has(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    } else {
      if (matchesDay(fields, date)) {
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

function matchesDay(fields: CronFields, date: Date): boolean {
  const { nthDay, step } = fields;
  if (!matchesCron(fields, date) || (step !== undefined && !matchesStep(step, date))) return false;
  if (nthDay === undefined) return true;
  let others = 0;
  const toOther = nthDay > 0 ? -DAY : DAY;
  for (
    let other = new Date(+date + toOther);
    other.getUTCMonth() === date.getUTCMonth();
    other = new Date(+other + toOther)
  ) {
    if (matchesCron(fields, other)) others += 1;
  }
  return others === Math.abs(nthDay) - 1;
}

function matchesStep({ every, unit, anchorOn }: Step, date: Date): boolean {
  const number = unit === 'day' ? dayNumber : weekNumber;
  return (number(date.getTime()) - number(Date.parse(anchorOn))) % every === 0;
}

const dayNumber = (wall: Wall): number => Math.floor(wall / DAY);
/** 1970-01-01 was a Thursday. */
const weekNumber = (wall: Wall): number => Math.floor((dayNumber(wall) + 3) / 7);

function matchesCron({ daysOfMonth, daysOfWeek }: CronFields, date: Date): boolean {
  return daysOfMonth.has(date.getUTCDate()) && daysOfWeek.has(date.getUTCDay());
}

/** Throws a UserError `invalid_cron`. */
export function parseCron(cron: string): CronFields {
  const invalid = (problem: string, hint: string): never => {
    throw UserError.input('invalid_cron', `Cron "${cron}" is invalid: ${problem}.`, { hint });
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
  return fields;
}

/** The shortest time between two matches, if they are on one day or on two that follow each other; in milliseconds. */
export function shortestInterval({ minutes, hours }: CronFields): number {
  const times = hours.flatMap((hour) => minutes.map((minute) => hour * HOUR + minute * MINUTE));
  const gaps = times.map((time, index) => (times[index + 1] ?? (times[0] ?? 0) + DAY) - time);
  return Math.min(...gaps);
}

export function neverFires(cron: string, nthDay?: number): UserError {
  const [, , dayOfMonth = '', month = ''] = cron.split(' ');
  if (nthDay !== undefined) {
    const problem = `nth_day ${nthDay}: no month has that many days that match the cron "${cron}"`;
    return UserError.input('invalid_cron', problem, { hint: 'Use 1 for the first, -1 for the last.' });
  }
  const problem = `it never fires, month ${month} has no day ${dayOfMonth}`;
  return UserError.input('invalid_cron', `Cron "${cron}" is invalid: ${problem}.`, {
    hint: 'Choose a day of month that the month has.',
  });
}

/** Ascending values as ranges of values next to each other: 1, 2, 3, 5 are [1, 3] and [5, 5]. */
export function rangesOf(values: readonly number[]): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const value of values) {
    const range = ranges.at(-1);
    if (range?.[1] === value - 1) range[1] = value;
    else ranges.push([value, value]);
  }
  return ranges;
}
