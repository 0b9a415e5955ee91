import { expect, test } from 'vitest';
import { firesBetween, lastFireOf, slotOf } from '../../../src/scheduling/fires.ts';
import { nextClockChange } from '../../../src/domain/recurrence/recurrence.ts';
import { newSettings } from '../../../src/scheduling/input.ts';
import { wallClock } from '../../../src/scheduling/server-calendar.ts';

const DAY = 86_400_000;

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

const timeText = (at: Date) => at.toISOString().slice(11, 16);

/** The fires in a window, each with the one whose local time it stands for. */
function slotsOf(input: Parameters<typeof newSettings>[1], from: string, until: string): string[] {
  const times = newSettings('a', input);
  return firesBetween(times, new Date(from), new Date(until)).flatMap(({ at }) =>
    at === undefined ? [] : [`${timeText(at)} ${timeText(slotOf(times, at))}`],
  );
}

test.each([
  ['30 1 * * *', 'America/New_York', '2027-11-07T00:00Z', '2027-11-08T00:00Z', ['05:30 05:30', '06:30 05:30']],
  [
    '*/30 1 * * *',
    'America/New_York',
    '2027-11-07T00:00Z',
    '2027-11-08T00:00Z',
    ['05:00 05:00', '05:30 05:30', '06:00 05:00', '06:30 05:30'],
  ],
  ['30 1 * * *', 'Europe/Berlin', '2026-10-24T22:00Z', '2026-10-25T22:00Z', ['23:30 23:30', '00:30 23:30']],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T22:00Z', '2026-10-25T22:00Z', ['01:30 01:30']],
  [
    '0 9 * * SAT',
    'America/Santiago',
    '2027-09-02T00:00Z',
    '2027-09-06T00:00Z',
    // Saturday, and the Sunday that the server takes for it.
    ['13:00 13:00', '12:00 13:00'],
  ],
  ['0 9 * * *', 'Europe/Berlin', '2027-03-27T12:00Z', '2027-03-29T12:00Z', ['07:00 07:00', '07:00 07:00']],
])('"%s" in %s from %s: fires of one local time are known', (cron, timezone, from, until, expected) => {
  expect(slotsOf({ cron, timezone }, from, until)).toEqual(expected);
});

test('a fire of an interval, and an instant at which nothing fires, stand for themselves', () => {
  const night = ['2027-11-07T04:30Z', '2027-11-07T07:30Z'] as const;
  expect(slotsOf({ every: '90 minutes + 30 minutes', timezone: 'America/New_York' }, ...night)).toEqual([
    '05:00 05:00',
    '06:30 06:30',
  ]);
  const times = newSettings('a', { cron: '30 1 * * *', timezone: 'America/New_York' });
  for (const triggered of ['2027-11-07T06:31:00Z', '2027-11-07T06:30:20Z', '2027-11-07T12:00:00Z']) {
    expect(slotOf(times, new Date(triggered))).toEqual(new Date(triggered));
  }
  const [first, second] = [new Date('2027-11-07T05:30Z'), new Date('2027-11-07T06:30Z')];
  expect(lastFireOf(times, first)).toEqual(second);
  expect(lastFireOf(times, new Date('2027-11-08T06:30Z'))).toEqual(new Date('2027-11-08T06:30Z'));
});

test('over a night when a clock is changed, in any zone, each slot is a fire, and its own', () => {
  for (const timezone of Intl.supportedValuesOf('timeZone').filter((_, index) => index % 20 === 0)) {
    const times = newSettings('a', { cron: ['15,45 0-4 * * *', '30 1 * * SUN'], timezone });
    const change = nextClockChange(timezone, Date.parse('2026-12-01'));
    if (change === Infinity) continue;
    const window = [new Date(change - DAY), new Date(change + 2 * DAY)] as const;
    const fired = firesBetween(times, ...window).flatMap(({ at }) => at ?? []);
    const slots = fired.map((at) => slotOf(times, at).getTime());
    const clock = wallClock(timezone);
    for (const [index, slot] of slots.entries()) {
      expect(fired.map((at) => at.getTime())).toContain(slot);
      expect(slotOf(times, new Date(slot)).getTime()).toBe(slot);
      expect(slot).toBeLessThanOrEqual(fired[index]?.getTime() ?? 0);
    }
    const walls = [...new Set(slots)].map((slot) => clock.wallAt(slot));
    expect(new Set(walls).size, `${timezone}: one slot for each local time`).toBe(walls.length);
  }
});
