import { type CronFields, rangesOf } from './cron.ts';
import type { Recurrence } from './recurrence.ts';
import { clockText, DAY_NAMES, DAYS_OF_MONTHS, listText, MONTH_NAMES, ordinalText, ordinalWord } from './vocabulary.ts';

/** In English, e.g. "Every weekday at 09:00, Europe/Berlin". */
export function describeRecurrence({ fields, timezone, startOn, endOn }: Recurrence): string {
  const counted = fields.step === undefined ? '' : `, counted from ${fields.step.anchorOn}`;
  const from = startOn === undefined ? '' : `, from ${startOn}`;
  const until = endOn === undefined ? '' : `, until ${endOn}`;
  return `${describeRule(fields)}${counted}, ${timezone}${from}${until}`;
}

/**
 * What a rule matches, from its fields and not from how they are written, in words that `parseWords` reads again: "Every 2 hours
 * from 08:15 to 18:15 on weekdays". Only what no word says, such as the first of the Mondays and Thursdays, is for people alone.
 */
export function describeRule(fields: CronFields): string {
  const often = intervalText(fields);
  const times = timesText(fields);
  const isDaily = [fields.daysOfMonth.size, fields.months.size, fields.daysOfWeek.size].join() === '31,12,7';
  const plain =
    isDaily && fields.step === undefined && fields.nthDay === undefined && times.startsWith('at the minutes');
  const text = often === undefined ? (plain ? times : `${daysText(fields)} ${times}`) : `${often}${onDays(fields)}`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${shortMonths(fields)}`;
}

const ALL = { minutes: 60, hours: 24, daysOfMonth: 31, months: 12, daysOfWeek: 7 };
/** Times of day that are named one by one. */
const TIMES_MAX = 8;

/** "every 15 minutes from 08:00 to 17:45"; undefined for times of day. */
function intervalText({ minutes, hours }: CronFields): string | undefined {
  const [minute = 0, hour = 0] = [minutes[0], hours[0]];
  const lastHour = hours.at(-1) ?? hour;
  const everyMinutes = stepOf(minutes);
  if (everyMinutes !== undefined && minute === 0 && minutes.length === ALL.minutes / everyMinutes) {
    const name = everyMinutes === 1 ? 'every minute' : `every ${everyMinutes} minutes`;
    if (hours.length === ALL.hours) return name;
    if (!isRun(hours)) return undefined;
    return `${name} from ${clockText(hour, 0)} to ${clockText(lastHour, ALL.minutes - everyMinutes)}`;
  }
  if (minutes.length > TIMES_MAX) return undefined;
  const past =
    minutes.join() === '0' ? '' : ` at ${listText(minutes.map((one) => `:${String(one).padStart(2, '0')}`))}`;
  if (hours.length === ALL.hours) return `every hour${past}`;
  const everyHours = stepOf(hours);
  if (everyHours === undefined || hours.length < 3) return undefined;
  if (hour === 0 && hours.length === ALL.hours / everyHours) return `every ${everyHours} hours${past}`;
  if (minutes.length > 1) return undefined;
  const name = everyHours === 1 ? 'every hour' : `every ${everyHours} hours`;
  return `${name} from ${clockText(hour, minute)} to ${clockText(lastHour, minute)}`;
}

function timesText({ minutes, hours }: CronFields): string {
  const times = hours.flatMap((hour) => minutes.map((minute) => clockText(hour, minute)));
  if (times.length <= TIMES_MAX) return `at ${listText(times)}`;
  const of = hours.length === ALL.hours ? 'every hour' : `the hours ${listText(hours.map(String))}`;
  return `at the minutes ${listText(minutes.map(String))} of ${of}`;
}

/** "every weekday", "the last Friday of the month", "the 1st and 15th of January". */
function daysText(fields: CronFields): string {
  const { daysOfMonth, daysOfWeek, months, step } = fields;
  const inMonths = months.size === ALL.months ? '' : ` in ${monthsText(months)}`;
  const ofMonths = ` of ${months.size === ALL.months ? 'the month' : monthsText(months)}`;
  if (step !== undefined) {
    const steps = `every ${step.every} ${step.unit}s`;
    const some = daysOfWeek.size === ALL.daysOfWeek ? '' : ` on ${weekdaysText(daysOfWeek, true)}`;
    const week = step.unit === 'week' && some === '' ? ' on every day' : some;
    return `${steps}${week}${narrowed(fields)}${inMonths}`;
  }
  if (fields.nthDay !== undefined)
    return `the ${ordinalWord(fields.nthDay)} ${kindText(fields)}${narrowed(fields)}${ofMonths}`;
  const nth = nthBlocks(fields);
  if (nth !== undefined) return `the ${listText(nth.map(ordinalWord))} ${weekdaysText(daysOfWeek)}${ofMonths}`;
  if (daysOfMonth.size === ALL.daysOfMonth) return `every ${everyText(daysOfWeek)}${inMonths}`;
  if (daysOfWeek.size === ALL.daysOfWeek) return `the ${datesText(daysOfMonth)}${ofMonths}`;
  return `every ${everyText(daysOfWeek)} that falls on the ${datesText(daysOfMonth)}${ofMonths}`;
}

/** The days of an interval: " on weekdays in July". */
function onDays(fields: CronFields): string {
  const { daysOfMonth, daysOfWeek, months, step, nthDay } = fields;
  if (step !== undefined) return `, ${daysText(fields)}`;
  const inMonths = months.size === ALL.months ? '' : ` in ${monthsText(months)}`;
  if (nthDay !== undefined || daysOfMonth.size !== ALL.daysOfMonth)
    return ` on ${daysText(fields).replace(/^every/, 'each')}`;
  if (daysOfWeek.size === ALL.daysOfWeek) return inMonths;
  return ` on ${weekdaysText(daysOfWeek, true)}${inMonths}`;
}

/** Dates that stand next to an n-th day or a step. */
function narrowed({ daysOfMonth }: CronFields): string {
  return daysOfMonth.size === ALL.daysOfMonth ? '' : `, out of the ${datesText(daysOfMonth)},`;
}

function everyText(days: ReadonlySet<number>): string {
  if (days.size === ALL.daysOfWeek) return 'day';
  if (days.size === ALL.daysOfWeek - 1) return `day except ${DAY_WORDS.find((_, day) => !days.has(day))}`;
  return isWeekdays(days) ? 'weekday' : weekdaysText(days);
}

/** "Monday and Thursday", from Monday on. */
function weekdaysText(days: ReadonlySet<number>, plural = false): string {
  if (plural && isWeekdays(days)) return 'weekdays';
  return namesText(
    [...days].map((day) => (day + 6) % 7),
    (day) => DAY_WORDS[(day + 1) % 7] ?? '',
  );
}

/** What an n-th day counts. */
function kindText({ daysOfWeek }: CronFields): string {
  if (daysOfWeek.size === ALL.daysOfWeek) return 'day';
  if (daysOfWeek.size === 1) return weekdaysText(daysOfWeek);
  return isWeekdays(daysOfWeek) ? 'weekday' : `of the days ${weekdaysText(daysOfWeek)}`;
}

function isWeekdays(days: ReadonlySet<number>): boolean {
  return days.size === 5 && !days.has(0) && !days.has(6);
}

/** Which of its kind in a month: a weekday from the 8th to the 14th is the second. */
function nthBlocks({ daysOfMonth, daysOfWeek }: CronFields): number[] | undefined {
  if (daysOfWeek.size !== 1 || daysOfMonth.size === ALL.daysOfMonth) return undefined;
  const blocks = [1, 2, 3, 4, 5].filter((n) => daysOfMonth.has(n * 7 - 6));
  const dates = blocks.flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((day) => n * 7 - 6 + day).filter((day) => day <= 31));
  return dates.length === daysOfMonth.size && dates.every((day) => daysOfMonth.has(day)) ? blocks : undefined;
}

/** "1st, 2nd and 15th", "1st to 5th and 15th" */
function datesText(days: ReadonlySet<number>): string {
  return namesText([...days], ordinalText);
}

function monthsText(months: ReadonlySet<number>): string {
  return namesText([...months], (month) => capital(MONTH_NAMES[month - 1] ?? ''));
}

/** "Monday to Wednesday and Friday" */
function namesText(values: readonly number[], nameOf: (value: number) => string): string {
  const runs = rangesOf(values.toSorted((a, b) => a - b));
  return listText(
    runs.flatMap(([first, last]) =>
      last - first < 2 ? [...new Set([first, last])].map(nameOf) : [`${nameOf(first)} to ${nameOf(last)}`],
    ),
  );
}

/** A date after the 28th is left out by the months that do not have it. */
function shortMonths({ daysOfMonth, months, nthDay }: CronFields): string {
  const days = [...daysOfMonth].toSorted((a, b) => a - b);
  const [first = 0, last = 0] = rangesOf(days).at(-1) ?? [];
  const isLeftOut = [...months].some(
    (month) => (DAYS_OF_MONTHS[month - 1] ?? 31) < last || (month === 2 && last === 29),
  );
  if (nthDay !== undefined || first < 29 || !isLeftOut) return '';
  return `, in months that have ${days.length === 1 || first === 29 ? 'it' : 'them'}`;
}

/** The even distance of values; undefined if there is none. */
function stepOf(values: readonly number[]): number | undefined {
  const step = (values[1] ?? 0) - (values[0] ?? 0);
  return step > 0 && values.every((value, index) => value === (values[0] ?? 0) + index * step) ? step : undefined;
}

function isRun(values: readonly number[]): boolean {
  return values.length === 1 || stepOf(values) === 1;
}

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
const DAY_WORDS = DAY_NAMES.map(capital);
