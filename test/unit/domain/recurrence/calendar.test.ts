import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import {
  occurrenceKey,
  parseRecurrence,
  type RecurrenceRule,
  occurrencesBetween,
} from '../../../../src/domain/recurrence/recurrence.ts';

const HOUR = 3_600_000;

/** The occurrences of a stretch of time, with how the clock moved them. */
function occurrences(rule: Partial<RecurrenceRule> & { cron: string }, from: string, until: string): string[] {
  const recurrence = parseRecurrence({ timezone: 'UTC', ...rule });
  return occurrencesBetween(recurrence, new Date(from), new Date(until), 1_000).map(
    ({ local, at, remark, insteadOf, skipped }) =>
      [local, at.toISOString().slice(0, 16), remark, insteadOf && `for ${insteadOf.join()}`, skipped]
        .filter((part) => part !== undefined)
        .join(' '),
  );
}

describe('both nights, as written', () => {
  test('Europe/Berlin', () => {
    const night = { cron: '15 1-3 * * *', timezone: 'Europe/Berlin' };
    expect(occurrences(night, '2027-03-27T22:00Z', '2027-03-28T10:00Z')).toEqual([
      '2027-03-28T01:15 2027-03-28T00:15',
      '2027-03-28T03:15 2027-03-28T01:15 for 2027-03-28T02:15',
    ]);
    expect(occurrences(night, '2027-10-30T22:00Z', '2027-10-31T10:00Z')).toEqual([
      '2027-10-31T01:15 2027-10-30T23:15',
      '2027-10-31T02:15 2027-10-31T00:15 repeated',
      '2027-10-31T03:15 2027-10-31T02:15',
    ]);
  });

  test('America/New_York', () => {
    const night = { cron: '0,30 2 * * *', timezone: 'America/New_York' };
    expect(occurrences(night, '2027-03-14T00:00Z', '2027-03-15T00:00Z')).toEqual([
      '2027-03-14T02:00 2027-03-14T07:00 shifted for 2027-03-14T02:30',
    ]);
    expect(occurrences({ ...night, cron: '30 1 * * *' }, '2027-11-07T00:00Z', '2027-11-08T00:00Z')).toEqual([
      '2027-11-07T01:30 2027-11-07T05:30 repeated',
    ]);
  });

  test('Australia/Lord_Howe, by half an hour', () => {
    const night = { cron: '*/20 2 * * *', timezone: 'Australia/Lord_Howe' };
    expect(occurrences(night, '2027-10-02T12:00Z', '2027-10-03T00:00Z')).toEqual([
      '2027-10-03T02:40 2027-10-02T15:40 for 2027-10-03T02:00,2027-10-03T02:20',
    ]);
    expect(occurrences({ ...night, cron: '45 1 * * *' }, '2027-04-03T12:00Z', '2027-04-04T00:00Z')).toEqual([
      '2027-04-04T01:45 2027-04-03T14:45 repeated',
    ]);
  });

  test('Pacific/Apia, whose 30 December 2011 never came', () => {
    expect(
      occurrences({ cron: '0 9 * * *', timezone: 'Pacific/Apia' }, '2011-12-29T00:00Z', '2011-12-31T12:00Z'),
    ).toEqual(['2011-12-29T09:00 2011-12-29T19:00', '2011-12-31T09:00 2011-12-30T19:00 for 2011-12-30T09:00']);
    const friday = { cron: '0 9 * * FRI', timezone: 'Pacific/Apia' };
    const week = ['2011-12-29T00:00Z', '2012-01-05T00:00Z'] as const;
    expect(occurrences(friday, ...week)).toEqual(['2011-12-30T09:00 2011-12-30T10:00 shifted']);
    expect(occurrences({ ...friday, dstGap: 'skip' }, ...week)).toEqual([
      '2011-12-30T09:00 2011-12-30T10:00 shifted gap',
    ]);
  });

  test('a time in the gap is skipped if the rule says so', () => {
    const night = { cron: '30 2 * * *', timezone: 'Europe/Berlin', dstGap: 'skip' } as const;
    expect(occurrences(night, '2027-03-27T12:00Z', '2027-03-29T12:00Z')).toEqual([
      '2027-03-28T02:30 2027-03-28T01:00 shifted gap',
      '2027-03-29T02:30 2027-03-29T00:30',
    ]);
  });
});

describe('days', () => {
  test('there is no occurrence before the start or after the end, which are local dates and included', () => {
    const rule = { cron: '0 */12 * * *', timezone: 'Asia/Tokyo', startOn: '2026-12-01', endOn: '2026-12-02' };
    expect(occurrences(rule, '2026-01-01T00:00Z', '2027-01-01T00:00Z').map((text) => text.slice(0, 16))).toEqual([
      '2026-12-01T00:00',
      '2026-12-01T12:00',
      '2026-12-02T00:00',
      '2026-12-02T12:00',
    ]);
  });

  test('a date to skip, of one year or every year, is a skipped occurrence', () => {
    const rule = { cron: '0 9 24-26 12 *', timezone: 'Europe/Berlin', skip: ['2026-12-24', '12-25'] };
    expect(occurrences(rule, '2026-01-01T00:00Z', '2028-01-01T00:00Z')).toEqual([
      '2026-12-24T09:00 2026-12-24T08:00 date',
      '2026-12-25T09:00 2026-12-25T08:00 date',
      '2026-12-26T09:00 2026-12-26T08:00',
      '2027-12-24T09:00 2027-12-24T08:00',
      '2027-12-25T09:00 2027-12-25T08:00 date',
      '2027-12-26T09:00 2027-12-26T08:00',
    ]);
  });
});

const list = (min: number, max: number, maxLength: number) =>
  fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength });
const rules = fc.record({
  minutes: list(0, 59, 3),
  hours: list(0, 23, 4),
  daysOfWeek: fc.option(list(0, 6, 4), { nil: undefined }),
  nthDay: fc.constantFrom(undefined, undefined, undefined, 1, 2, -1, -2),
  skip: fc.constantFrom(undefined, '12-25', '03-29'),
  dstGap: fc.constantFrom('shift', 'skip'),
});
type Rule = typeof rules extends fc.Arbitrary<infer Value> ? Value : never;

/** Every local time that the rule names on the days from one date to another, by Temporal's calendar and nothing of ours. */
function localTimes(
  { minutes, hours, daysOfWeek, nthDay }: Rule,
  from: Temporal.PlainDate,
  days: number,
): Temporal.PlainDateTime[] {
  const matches = (date: Temporal.PlainDate) => daysOfWeek === undefined || daysOfWeek.includes(date.dayOfWeek % 7);
  const chosen = (date: Temporal.PlainDate) => {
    if (!matches(date)) return false;
    if (nthDay === undefined) return true;
    const ofMonth = Array.from({ length: date.daysInMonth }, (_, index) => date.with({ day: index + 1 })).filter(
      matches,
    );
    return ofMonth.at(nthDay > 0 ? nthDay - 1 : nthDay)?.equals(date) ?? false;
  };
  return Array.from({ length: days }, (_, index) => from.add({ days: index }))
    .filter(chosen)
    .flatMap((date) => hours.flatMap((hour) => minutes.map((minute) => date.toPlainDateTime({ hour, minute }))))
    .toSorted((a, b) => Temporal.PlainDateTime.compare(a, b));
}

/** The first instant at which the zone's clock shows it; undefined where it never does. */
function firstInstant(local: Temporal.PlainDateTime, zone: string): number | undefined {
  const first = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  return first.toPlainDateTime().equals(local) ? first.epochMilliseconds : undefined;
}

/** Zones and dates, most of them about a change of the clock, from 2024 to 2030. */
const zones = Intl.supportedValuesOf('timeZone');
const places = fc
  .record({
    zone: fc.constantFrom(...zones),
    instant: fc.integer({ min: Date.UTC(2024, 0, 3), max: Date.UTC(2030, 11, 20) }),
    atChange: fc.integer({ min: 0, max: 3 }).map((dice) => dice > 0),
  })
  .map(({ zone, instant, atChange }) => {
    const moment = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
    const change = atChange ? moment.getTimeZoneTransition('next') : null;
    const about = change !== null && change.year <= 2030 ? change : moment;
    return { zone, from: about.toPlainDate().subtract({ days: 2 }) };
  });

describe('against the calendar of Temporal, over all zones and 2024 to 2030', () => {
  test('every local time of a rule is an occurrence once, at its first instant, or named by one', () => {
    fc.assert(
      fc.property(places, rules, ({ zone, from }, rule) => {
        const days = 5;
        const { minutes, hours, daysOfWeek, nthDay, skip, dstGap } = rule;
        const cron = `${minutes.join()} ${hours.join()} * * ${daysOfWeek?.join() ?? '*'}`;
        const recurrence = parseRecurrence({
          cron,
          timezone: zone,
          nthDay,
          skip: skip === undefined ? [] : [skip],
          dstGap,
          startOn: from.toString(),
          endOn: from.add({ days: days - 1 }).toString(),
        });
        const found = occurrencesBetween(
          recurrence,
          new Date(Date.parse(from.toString()) - 30 * HOUR),
          new Date(Date.parse(from.toString()) + (days + 2) * 24 * HOUR),
          10_000,
        );
        const named = found.flatMap(({ local, insteadOf = [] }) => [local, ...insteadOf]).toSorted();
        const expected = localTimes(rule, from, days);
        expect(named).toEqual(expected.map((local) => local.toString({ smallestUnit: 'minute' })));
        const instants = new Map(
          expected.map((local) => [
            local.toString({ smallestUnit: 'minute' }),
            firstInstant(local, recurrence.timezone),
          ]),
        );
        for (const occurrence of found) {
          const shown = instants.get(occurrence.local);
          expect(occurrence.remark === 'shifted').toBe(shown === undefined);
          if (shown !== undefined) expect(occurrence.at.getTime()).toBe(shown);
          for (const other of occurrence.insteadOf ?? []) expect(instants.get(other)).toBeUndefined();
          const onSkipDate = skip !== undefined && occurrence.local.slice(5, 10) === skip;
          const inGap = occurrence.remark === 'shifted' && dstGap === 'skip';
          expect(occurrence.skipped).toBe(onSkipDate ? 'date' : inGap ? 'gap' : undefined);
        }
        expect(
          found.every((occurrence, index) => index === 0 || occurrence.at > (found[index - 1]?.at ?? occurrence.at)),
        ).toBe(true);
        expect(new Set(found.map(occurrenceKey)).size).toBe(found.length);
      }),
      { numRuns: 400 },
    );
  });
});
