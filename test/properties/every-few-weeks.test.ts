import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { occurrencesBetween, parseRecurrence } from '../../src/domain/recurrence/recurrence.ts';

const [FROM, UNTIL] = [Temporal.PlainDate.from('2024-01-01'), Temporal.PlainDate.from('2033-01-01')];

interface Rule {
  every: number;
  unit: 'day' | 'week';
  /** 1 is Monday, 7 Sunday, as in ISO 8601. */
  days: number[];
  anchor: string;
}

const RULES: Rule[] = [
  { every: 2, unit: 'week', days: [5], anchor: '2024-01-05' },
  // Most clocks change on a Sunday, the last day of its week.
  { every: 2, unit: 'week', days: [7], anchor: '2027-03-28' },
  { every: 2, unit: 'week', days: [1, 7], anchor: '2030-12-31' },
  { every: 3, unit: 'week', days: [6], anchor: '2024-02-29' },
  { every: 2, unit: 'day', days: [1, 2, 3, 4, 5, 6, 7], anchor: '2026-12-31' },
  { every: 10, unit: 'day', days: [1, 2, 3, 4, 5, 6, 7], anchor: '2028-02-29' },
];
/** At these hours clocks change. */
const TIMES = ['00:00', '00:30', '01:30', '02:00', '02:30', '09:00'];

/** By Temporal's calendar and weeks of ISO 8601, and nothing of ours: from the anchor forward and back, week by week. */
function datesOf({ every, unit, days, anchor }: Rule): Temporal.PlainDate[] {
  const anchored = Temporal.PlainDate.from(anchor);
  const first = unit === 'week' ? anchored.subtract({ days: anchored.dayOfWeek - 1 }) : anchored;
  const step = { [`${unit}s`]: every };
  let start = first;
  while (Temporal.PlainDate.compare(start, FROM) > 0) start = start.subtract(step);
  const dates: Temporal.PlainDate[] = [];
  for (; Temporal.PlainDate.compare(start, UNTIL) < 0; start = start.add(step)) {
    const span = unit === 'week' ? days.map((day) => start.add({ days: day - 1 })) : [start];
    dates.push(...span);
  }
  const isWithin = (date: Temporal.PlainDate) =>
    Temporal.PlainDate.compare(date, FROM) >= 0 && Temporal.PlainDate.compare(date, UNTIL) < 0;
  return dates.filter(isWithin);
}

/** The first instant at which the clock shows the local time, or the end of the gap that has it. */
function instantOf(date: Temporal.PlainDate, time: string, zone: string): number {
  const local = date.toPlainDateTime(Temporal.PlainTime.from(time));
  const first = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (first.toPlainDateTime().equals(local)) return first.epochMilliseconds;
  return first.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.NaN;
}

test('every n weeks and days, in every zone from 2024 to 2032, agrees with a second implementation', () => {
  let compared = 0;
  for (const [index, zone] of Intl.supportedValuesOf('timeZone').entries()) {
    // One rule a zone: each rule and each time meets many zones.
    const rule = RULES[index % RULES.length]!;
    const time = TIMES[Math.floor(index / RULES.length) % TIMES.length]!;
    const [hour, minute] = time.split(':').map(Number);
    const { every, unit, days, anchor } = rule;
    const recurrence = parseRecurrence({
      cron: `${minute} ${hour} * * ${days.map((day) => day % 7).join()}`,
      timezone: zone,
      step: { every, unit, anchorOn: anchor },
      startOn: FROM.toString(),
      endOn: UNTIL.subtract({ days: 1 }).toString(),
    });
    const found = occurrencesBetween(recurrence, new Date('2023-12-01'), new Date('2033-02-01'), 10_000);
    const expected = datesOf(rule).map((date) => `${date.toString()}T${time} ${instantOf(date, time, zone)}`);
    expect(found.map(({ local, at }) => `${local} ${at.getTime()}`)).toEqual(expected);
    compared += expected.length;
  }
  expect(compared).toBeGreaterThan(50_000);
});
