import { expect, test } from 'vitest';
import { firesBetween } from '../../../src/scheduling/fires.ts';
import { newSettings } from '../../../src/scheduling/input.ts';

/** Each fire, and each local time without one, with the beginning of its remark. */
function told(cron: string, timezone: string, from: string, until: string): string[] {
  const fires = firesBetween(newSettings('a', { cron, timezone }), new Date(from), new Date(until));
  return fires.map(({ at, local, remark = '' }) => {
    const what = /only the (first|second) time|does not fire|no time of the cron|this is the (first|second)/.exec(
      remark,
    );
    return `${local.slice(5)} ${at?.toISOString().slice(11, 16) ?? 'silent'} ${what?.[0] ?? ''}`.trim();
  });
}

test('every five minutes in Berlin is silent twice for 65 minutes, and each time of them is named', () => {
  const all = told('*/5 * * * *', 'Europe/Berlin', '2026-10-24T23:50Z', '2026-10-25T02:15Z');
  expect(all.filter((line) => !line.includes('silent'))).toEqual([
    '10-25T01:55 23:55',
    '10-25T02:00 00:00 only the first time',
    '10-25T02:05 01:05 only the second time',
    '10-25T03:10 02:10',
    '10-25T03:15 02:15',
  ]);
  expect(all.filter((line) => line.includes('silent'))).toHaveLength(12);
  expect(all).toContain('10-25T02:30 silent does not fire');
  expect(all).toContain('10-25T03:05 silent does not fire');
});

test.each([
  [
    '0 * * * *',
    'Europe/Berlin',
    '2026-10-24T22:30Z',
    '2026-10-25T02:00Z',
    ['10-25T01:00 23:00', '10-25T02:00 00:00 only the first time', '10-25T03:00 02:00'],
  ],
  [
    '30 1 * * *',
    'Europe/Berlin',
    '2026-10-24T22:00Z',
    '2026-10-25T22:00Z',
    ['10-25T01:30 23:30', '10-25T02:30 00:30 no time of the cron'],
  ],
  [
    '30 1 * * *',
    'America/New_York',
    '2027-11-07T04:00Z',
    '2027-11-08T00:00Z',
    ['11-07T01:30 05:30 this is the first', '11-07T01:30 06:30 this is the second'],
  ],
  [
    '0 9 * * SUN',
    'America/Santiago',
    '2027-08-30T00:00Z',
    '2027-09-13T00:00Z',
    ['09-05T09:00 silent does not fire', '09-12T09:00 12:00'],
  ],
  // The window opens on the very day.
  [
    '0 9 * * SUN',
    'America/Santiago',
    '2027-09-05T08:00Z',
    '2027-09-13T00:00Z',
    ['09-05T09:00 silent does not fire', '09-12T09:00 12:00'],
  ],
  [
    '0 9 * * SAT',
    'America/Santiago',
    '2027-09-02T00:00Z',
    '2027-09-06T00:00Z',
    ['09-04T09:00 13:00', '09-05T09:00 12:00 no time of the cron'],
  ],
  [
    '0 9 * * SUN',
    'Atlantic/Azores',
    '2027-03-22T00:00Z',
    '2027-04-05T00:00Z',
    ['03-28T09:00 silent does not fire', '04-04T09:00 09:00'],
  ],
  [
    '30 2 * * *',
    'Europe/Berlin',
    '2027-03-27T12:00Z',
    '2027-03-29T12:00Z',
    ['03-28T02:30 silent does not fire', '03-29T02:30 00:30'],
  ],
])('"%s" in %s from %s: each dropped, doubled or shifted fire is told', (cron, timezone, from, until, expected) => {
  expect(told(cron, timezone, from, until)).toEqual(expected);
});
