import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { occurrenceKey, parseRecurrence, occurrencesBetween } from '../../src/domain/recurrence/recurrence.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * An oracle that shares nothing with the code under test: it walks every minute of a window, reads the local clock with
 * another format, and applies the documented rule to what it saw.
 */
function walk(cron: string, timezone: string, from: number, until: number): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const read = (instant: number) => Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
  const matches = matcher(cron);
  const found: string[] = [];
  const fire = (local: number, at: number) => {
    if (at > from && at <= until) found.push(`${new Date(local).toISOString().slice(0, 16)} ${at}`);
  };
  const lead = from - 30 * HOUR;
  let shown = read(lead);
  for (let instant = lead + MINUTE; instant <= until; instant += MINUTE) {
    const now = read(instant);
    const skipped = range(shown + MINUTE, now).filter(matches);
    const [first] = skipped;
    if (first !== undefined && range(now, now + (now - shown - MINUTE)).every((local) => !matches(local)))
      fire(first, instant);
    if (now > shown && matches(now)) fire(now, instant);
    shown = Math.max(shown, now);
  }
  return found;
}

const range = (from: number, until: number) =>
  Array.from({ length: Math.max(0, (until - from) / MINUTE) }, (_, i) => from + i * MINUTE);

/** Only lists and stars, which is all that the generator below writes. */
function matcher(cron: string): (local: number) => boolean {
  const lists = cron.split(' ').map((field) => (field === '*' ? undefined : field.split(',').map(Number)));
  return (local) => {
    const date = new Date(local);
    const shown = [
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth() + 1,
      date.getUTCDay(),
    ];
    return lists.every((list, i) => list === undefined || list.includes(shown[i] ?? -1));
  };
}

const field = (min: number, max: number, stars: number) =>
  fc.oneof(
    { weight: stars, arbitrary: fc.constant('*') },
    {
      weight: 3,
      arbitrary: fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 5 }).map((list) => list.join(',')),
    },
  );
const crons = fc
  .tuple(field(0, 59, 1), field(0, 4, 2), field(1, 28, 20), fc.constant('*'), field(0, 6, 4))
  .map((fields) => fields.join(' '));

/** Where a zone changes its clock, found by days: only there is anything to get wrong. */
function changes(timezone: string): number[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset', year: 'numeric' });
  const offset = (instant: number) => format.format(instant).slice(4);
  const days = range(Date.UTC(2024, 0, 1) / 1440, Date.UTC(2031, 0, 1) / 1440).map((day) => day * 1440);
  return days.filter((day) => offset(day) !== offset(day + 1440 * MINUTE));
}

describe('against a walk over every minute', () => {
  const zones = Intl.supportedValuesOf('timeZone');
  const changing = zones.map((zone) => ({ zone, days: changes(zone) })).filter(({ days }) => days.length > 0);
  const windows = fc.oneof(
    fc.record({
      zone: fc.constantFrom(...zones),
      from: fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 11, 30) }),
    }),
    fc
      .constantFrom(...changing)
      .chain(({ zone, days }) => fc.record({ zone: fc.constant(zone), from: fc.constantFrom(...days) })),
  );

  test('each matching local minute fires once, in windows that join without gap or overlap', () => {
    fc.assert(
      fc.property(windows, crons, fc.integer({ min: 0, max: 36 * 60 }), ({ zone, from }, cron, middle) => {
        const start = Math.floor(from / MINUTE) * MINUTE;
        const [a, b, c] = [start, start + middle * MINUTE, start + 36 * HOUR].map((instant) => new Date(instant));
        if (!a || !b || !c) throw new Error('three instants');
        const recurrence = parseRecurrence({ cron, timezone: zone });
        const whole = occurrencesBetween(recurrence, a, c, 10_000);
        expect(whole.map((occurrence) => `${occurrence.local} ${occurrence.at.getTime()}`)).toEqual(
          walk(cron, zone, start, c.getTime()),
        );
        expect([
          ...occurrencesBetween(recurrence, a, b, 10_000),
          ...occurrencesBetween(recurrence, b, c, 10_000),
        ]).toEqual(whole);
        expect(whole.every((occurrence, i) => i === 0 || occurrence.at > (whole[i - 1]?.at ?? occurrence.at))).toBe(
          true,
        );
        expect(new Set(whole.map(occurrenceKey)).size).toBe(whole.length);
      }),
      { numRuns: 300 },
    );
  });

  test('the first two clock changes since 2024 of every zone that has any', () => {
    for (const { zone, days } of changing) {
      const recurrence = parseRecurrence({ cron: '30 * * * *', timezone: zone });
      const nightly = parseRecurrence({ cron: '10 0,2 * * *', timezone: zone });
      // The later years are left to the property above: a walk takes milliseconds, and there are some 1,800 changes.
      for (const day of days.slice(0, 2)) {
        const until = day + 30 * HOUR;
        for (const each of [recurrence, nightly]) {
          const found = occurrencesBetween(each, new Date(day), new Date(until), 100);
          expect(found.map((occurrence) => `${occurrence.local} ${occurrence.at.getTime()}`)).toEqual(
            walk(each.cron, zone, day, until),
          );
        }
      }
    }
  });
});
