import { type CalendarSpecDescription, DAYS_OF_WEEK, MONTHS, type Range } from '@temporalio/client';
import { rangesOf } from '../domain/recurrence/cron.ts';
import type { Recurrence } from '../domain/recurrence/recurrence.ts';

/**
 * The server keeps a cron as lists of ranges. Two that fire at the same times are written here with the same text, so texts
 * can be compared, in whichever form and by whichever program the schedule was made.
 */

/** The one way to write what a recurrence's fields match: `0 9 * * MON-FRI`. */
export function cronText({ fields }: Recurrence): string {
  return [
    fieldText(fields.minutes, 0, 59),
    fieldText(fields.hours, 0, 23),
    fieldText([...fields.daysOfMonth], 1, 31),
    fieldText([...fields.months], 1, 12),
    fieldText([...fields.daysOfWeek], 0, 6, WEEKDAYS),
  ].join(' ');
}

/** Five fields, or seven where it matches seconds or years: second, the five, year. */
export function calendarText(calendar: CalendarSpecDescription): string {
  const seconds = valuesOf(calendar.second, Number);
  const years = valuesOf(calendar.year, Number);
  const five = [
    fieldText(valuesOf(calendar.minute, Number), 0, 59),
    fieldText(valuesOf(calendar.hour, Number), 0, 23),
    fieldText(valuesOf(calendar.dayOfMonth, Number), 1, 31),
    fieldText(valuesOf(calendar.month, monthNumber), 1, 12),
    fieldText(valuesOf(calendar.dayOfWeek, dayNumber), 0, 6, WEEKDAYS),
  ].join(' ');
  if (years.length === 0 && seconds.every((second) => second === 0)) return five;
  return `${fieldText(seconds, 0, 59)} ${five} ${years.length === 0 ? '*' : fieldText(years, FIRST_YEAR, LAST_YEAR)}`;
}

/** `2026-12-25`, or `12-25` of every year, of a calendar that matches whole days; otherwise as `calendarText`. */
export function skipText(calendar: CalendarSpecDescription): string {
  const text = calendarText(calendar);
  const [, day, month, year] = /^\* \* \* (\d+) (\d+) \* (\d+|\*)$/.exec(text) ?? [];
  if (day === undefined || month === undefined) return text;
  return `${year === '*' ? '' : `${year}-`}${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const WEEKDAYS = DAYS_OF_WEEK.map((day) => day.slice(0, 3));
/** What the server's calendars reach from and to: `minCalendarYear`, `maxCalendarYear` in calendar.go. */
const [FIRST_YEAR, LAST_YEAR] = [2000, 2100];

const monthNumber = (month: (typeof MONTHS)[number]): number => MONTHS.indexOf(month) + 1;
const dayNumber = (day: (typeof DAYS_OF_WEEK)[number]): number => DAYS_OF_WEEK.indexOf(day);

function valuesOf<Unit>(ranges: readonly Range<Unit>[], numberOf: (unit: Unit) => number): number[] {
  const values = new Set<number>();
  for (const { start, end, step } of ranges) {
    for (let value = numberOf(start); value <= numberOf(end); value += step) values.add(value);
  }
  return [...values];
}

function fieldText(unsorted: readonly number[], min: number, max: number, names?: readonly string[]): string {
  const values = unsorted.toSorted((a, b) => a - b);
  const name = (value: number) => names?.[value] ?? String(value);
  if (values.length === max - min + 1) return '*';
  const ranges = rangesOf(values).map(([first, last]) => rangeText(first, last, name));
  // Not of weekdays: there 7 is a Sunday too, so "1/2" would be Monday, Wednesday, Friday and Sunday.
  return (names === undefined ? stepText(values, min, max) : undefined) ?? ranges.join(',');
}

/** Every n-th value of a field, to its end. */
function stepText(values: readonly number[], min: number, max: number): string | undefined {
  const [first = 0, second = 0] = values;
  const step = second - first;
  const even = values.every((value, index) => value === first + index * step) && (values.at(-1) ?? max) + step > max;
  if (values.length < 3 || step < 2 || !even) return undefined;
  return first === min ? `*/${step}` : `${first}/${step}`;
}

function rangeText(first: number, last: number, name: (value: number) => string): string {
  if (first === last) return name(first);
  return `${name(first)}${last === first + 1 ? ',' : '-'}${name(last)}`;
}
