import { expect, test } from 'vitest';
import { parseRecurrence } from '../../../src/domain/recurrence/recurrence.ts';
import { newSettings, parseSettings } from '../../../src/scheduling/input.ts';
import { firesBetween } from '../../../src/scheduling/fires.ts';
import { DEFAULTS } from '../../../src/scheduling/settings.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test.each([
  ['weekday at 09:00', ['0 9 * * MON-FRI'], []],
  ['every 2 hours', ['0 */2 * * *'], []],
  ['2 hours', ['0 */2 * * *'], []],
  ['1 hour and 30 minutes', [], [{ every: 90 * 60_000, offset: 0 }]],
  ['first and third monday at 8:30', ['30 8 1-7,15-21 * MON'], []],
  ['90 minutes', [], [{ every: 90 * 60_000, offset: 0 }]],
  ['6 hours + 1 hour', [], [{ every: 6 * HOUR, offset: HOUR }]],
  ['1 day', [], [{ every: DAY, offset: 0 }]],
])('"%s" means to a schedule what it means to a notification, or is an interval', (every, cron, intervals) => {
  expect(newSettings('a', { every, timezone: 'Europe/Berlin' })).toMatchObject({ cron, every: intervals });
});

/** The places of the bits that are set, from `min`: "0,2,5". */
function bitsOf(bits: number, length: number, min: number): string {
  const places = Array.from({ length }, (_, index) => index);
  return places
    .filter((index) => ((bits >> index) & 1) === 1)
    .map((index) => index + min)
    .join(',');
}

test('a cron is written so that it matches the same days and times', () => {
  const crons = [
    ...Array.from({ length: 127 }, (_, bits) => `0 9 * * ${bitsOf(bits + 1, 7, 0)}`),
    ...Array.from({ length: 136 }, (_, bits) => `*/7 1/5 3/4 ${bitsOf(bits * 30 + 1, 12, 1)} *`),
  ];
  for (const cron of crons) {
    const [written = ''] = parseSettings({ cron }).cron ?? [];
    const [said, read] = [cron, written].map((text) => parseRecurrence({ cron: text, timezone: 'UTC' }).fields);
    expect([cron, read]).toEqual([cron, said]);
  }
  expect(newSettings('a', { every: 'mon, wed and fri at 9:00' }).cron).toEqual(['0 9 * * MON,WED,FRI']);
});

test('words replace crons and intervals, and stand next to a cron that is named with them', () => {
  const before = { ...DEFAULTS, cron: ['0 8 * * *'], every: [{ every: HOUR, offset: 0 }] };
  expect({ ...before, ...parseSettings({ every: 'day at 9:00' }, before) }).toMatchObject({
    cron: ['0 9 * * *'],
    every: [],
  });
  expect(parseSettings({ every: '90 minutes' }, before)).not.toHaveProperty('cron');
  expect(parseSettings({ cron: '0 7 * * *', every: ['day at 9:00', '5 hours'] }, before)).toMatchObject({
    cron: ['0 7 * * *', '0 9 * * *'],
    every: [{ every: 5 * HOUR, offset: 0 }],
  });
});

test('every other week is an interval from the start on, where no clock is changed', () => {
  const every = 'every 2 weeks on monday and friday at 9:00';
  const settings = newSettings('a', { every, timezone: 'Asia/Kolkata', start: '2026-12-02' });
  const fires = firesBetween(settings, new Date('2026-11-01'), new Date('2027-01-02'));
  expect(fires.map(({ local }) => local)).toEqual([
    '2026-12-04T09:00',
    '2026-12-14T09:00',
    '2026-12-18T09:00',
    '2026-12-28T09:00',
    '2027-01-01T09:00',
  ]);
  const days = newSettings('a', { every: 'every 3 days at 9:00', start: '2026-12-30' });
  expect(firesBetween(days, new Date('2026-12-01'), new Date('2027-01-06')).map(({ local }) => local)).toEqual([
    '2026-12-30T09:00',
    '2027-01-02T09:00',
    '2027-01-05T09:00',
  ]);
});

test.each([
  [
    { every: 'every 2 weeks on friday at 9:00', timezone: 'Europe/Berlin', start: '2026-12-04' },
    'the clock of Europe/Berlin is changed',
  ],
  [{ every: 'every 2 weeks on friday at 9:00' }, 'needs a start'],
  [{ every: 'every 2 weeks on friday in june at 9:00', start: '2026-12-04' }, 'some months only'],
  [{ every: 'last friday of the month at 16:00' }, 'does not count the days of a month'],
  [{ every: 'every wekday at 9:00' }, 'Write it like "every weekday at 9:00"'],
  [{ every: '30' }, 'has no unit'],
  [{ every: '1 year' }, 'months and years have different lengths'],
  [{ cron: 'every day at 9:00' }, 'is in words'],
])('%o is refused in a sentence', (input, problem) => {
  expect(() => newSettings('a', input)).toThrow(expect.objectContaining({ message: expect.stringContaining(problem) }));
});
