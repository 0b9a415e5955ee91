import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { localDate, startOfDay } from '../../../src/domain/local-time.ts';

test.each([
  // Put forward at midnight: the day begins at 01:00.
  ['America/Santiago', '2026-09-06T12:00:00Z', 0, '2026-09-06T04:00:00Z'],
  // Put back from 01:00 to 00:00: the day has two midnights.
  ['Atlantic/Azores', '2026-10-25T12:00:00Z', 0, '2026-10-25T00:00:00Z'],
  ['America/Havana', '2026-11-01T12:00:00Z', 0, '2026-11-01T04:00:00Z'],
  // 30 December 2011 is missing.
  ['Pacific/Apia', '2011-12-29T12:00:00Z', 1, '2011-12-30T10:00:00Z'],
  ['Asia/Kathmandu', '2026-11-23T18:14:59Z', 1, '2026-11-23T18:15:00Z'],
  ['UTC', '2026-11-23T00:00:00Z', 0, '2026-11-23T00:00:00Z'],
  ['UTC', '2026-03-01T00:00:00Z', -1, '2026-02-28T00:00:00Z'],
])('in %s the day of %s, and %d days later, begins at %s', (timezone, at, days, start) => {
  expect(startOfDay(timezone, new Date(at), days)).toEqual(new Date(start));
});

test('a day begins where Temporal says, whatever the zone and its clock changes', () => {
  const zones = [
    'Europe/Berlin',
    'America/Santiago',
    'America/Havana',
    'Australia/Lord_Howe',
    'Asia/Beirut',
    'Africa/Cairo',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.nat(4_000_000_000),
      fc.integer({ min: -400, max: 400 }),
      (zone, s, days) => {
        const at = new Date(s * 1_000);
        const date = Temporal.Instant.fromEpochMilliseconds(s * 1_000)
          .toZonedDateTimeISO(zone)
          .toPlainDate();
        expect(localDate(zone, at)).toBe(date.toString());
        const start = date.add({ days }).toZonedDateTime(zone).epochMilliseconds;
        expect(startOfDay(zone, at, days).getTime()).toBe(start);
      },
    ),
    { numRuns: 300 },
  );
});
