import { describe, expect, test } from 'vitest';
import { describeRecurrence } from '../../../../src/domain/recurrence/describe.ts';
import {
  nextOccurrence,
  occurrenceKey,
  parseRecurrence,
  occurrencesBetween,
  type Occurrence,
} from '../../../../src/domain/recurrence/recurrence.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const show = (occurrence: Occurrence) =>
  `${occurrence.local} ${occurrence.at.toISOString().slice(0, 16)}Z${occurrence.remark ? ` ${occurrence.remark}` : ''}`;
const occurrences = (cron: string, timezone: string, from: string, until: string) =>
  occurrencesBetween(parseRecurrence({ cron, timezone }), new Date(from), new Date(until), 1_000).map(show);

describe('ordinary days', () => {
  test('a rule fires at its local time, strictly after the given instant and to the millisecond', () => {
    const recurrence = parseRecurrence({ cron: '0 9 * * 1-5', timezone: 'Europe/Berlin' });
    expect(nextOccurrence(recurrence, new Date('2026-11-20T08:00:00Z'))).toEqual({
      local: '2026-11-23T09:00',
      timezone: 'Europe/Berlin',
      at: new Date('2026-11-23T08:00:00Z'),
    });
    expect(nextOccurrence(recurrence, new Date('2026-11-23T07:59:59.999Z'))?.local).toBe('2026-11-23T09:00');
    expect(nextOccurrence(recurrence, new Date('2026-11-23T08:00:00.001Z'))?.local).toBe('2026-11-24T09:00');
  });

  test('day of month and day of week must both match, as in Temporal', () => {
    expect(occurrences('0 9 1-7 * MON', 'UTC', '2026-01-01T00:00Z', '2026-04-01T00:00Z')).toEqual([
      '2026-01-05T09:00 2026-01-05T09:00Z',
      '2026-02-02T09:00 2026-02-02T09:00Z',
      '2026-03-02T09:00 2026-03-02T09:00Z',
    ]);
  });

  test('7 and SUN are Sunday, "5/20" runs to the end of the field', () => {
    for (const cron of ['0 0 * * 7', '0 0 * * 0', '0 0 * * SUN', '0 0 * * sun']) {
      expect(occurrences(cron, 'UTC', '2026-11-16T00:00Z', '2026-11-23T00:00Z')).toEqual([
        '2026-11-22T00:00 2026-11-22T00:00Z',
      ]);
    }
    expect(occurrences('5/20 0 1 JAN *', 'UTC', '2026-01-01T00:00Z', '2026-01-02T00:00Z')).toHaveLength(3);
  });

  test('a limit keeps the first occurrences of a window', () => {
    const every = parseRecurrence({ cron: '* * * * *', timezone: 'UTC' });
    const two = occurrencesBetween(every, new Date('2026-01-01T00:00Z'), new Date('2027-01-01T00:00Z'), 2);
    expect(two.map(occurrenceKey)).toEqual(['2026-01-01T00:01[UTC]', '2026-01-01T00:02[UTC]']);
  });

  test('29 February on a Monday comes after decades, and nothing after 2100', () => {
    const rare = parseRecurrence({ cron: '0 0 29 2 1', timezone: 'Asia/Kolkata' });
    expect(nextOccurrence(rare, new Date('2026-01-01T00:00Z'))?.local).toBe('2044-02-29T00:00');
    const started = performance.now();
    expect(nextOccurrence(rare, new Date('2080-01-01T00:00Z'))).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(50);
  });

  test('an invalid date is refused', () => {
    const recurrence = parseRecurrence({ cron: '0 9 * * *', timezone: 'UTC' });
    expect(() => nextOccurrence(recurrence, new Date(Number.NaN))).toThrow(RangeError);
  });

  test('a recurrence reads as English', () => {
    expect(describeRecurrence(parseRecurrence({ cron: ' 0  9 * * 1-5', timezone: 'europe/berlin' }))).toBe(
      'Every weekday at 09:00, Europe/Berlin',
    );
  });
});

describe('clock put forward', () => {
  test.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-29T00:00Z', ['2026-03-29T02:30 2026-03-29T01:00Z shifted']],
    ['0,30 2 * * *', 'Europe/Berlin', '2026-03-29T00:00Z', ['2026-03-29T02:00 2026-03-29T01:00Z shifted']],
    ['30 2 * * *', 'America/New_York', '2027-03-14T05:00Z', ['2027-03-14T02:30 2027-03-14T07:00Z shifted']],
    ['10 2 * * *', 'Australia/Lord_Howe', '2026-10-03T15:00Z', ['2026-10-04T02:10 2026-10-03T15:30Z shifted']],
    [
      '*/30 1-3 * * *',
      'Europe/Berlin',
      '2026-03-29T00:00Z',
      [
        '2026-03-29T01:30 2026-03-29T00:30Z',
        '2026-03-29T03:00 2026-03-29T01:00Z',
        '2026-03-29T03:30 2026-03-29T01:30Z',
      ],
    ],
    [
      '15 1-4 * * *',
      'Europe/Berlin',
      '2026-03-29T00:00Z',
      [
        '2026-03-29T01:15 2026-03-29T00:15Z',
        '2026-03-29T03:15 2026-03-29T01:15Z',
        '2026-03-29T04:15 2026-03-29T02:15Z',
      ],
    ],
    [
      '0 */2 * * *',
      'Europe/Berlin',
      '2026-03-28T23:30Z',
      ['2026-03-29T02:00 2026-03-29T01:00Z shifted', '2026-03-29T04:00 2026-03-29T02:00Z'],
    ],
  ])('%s in %s', (cron, zone, from, expected) => {
    const until = new Date(Date.parse(from) + 3 * HOUR).toISOString();
    expect(occurrences(cron, zone, from, until)).toEqual(expected);
  });

  test('a day that Samoa skipped is not made up for by a daily rule, but is by one for that weekday', () => {
    expect(occurrences('0 9 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', '2011-12-31T12:00Z')).toEqual([
      '2011-12-29T09:00 2011-12-29T19:00Z',
      '2011-12-31T09:00 2011-12-30T19:00Z',
    ]);
    expect(occurrences('0 9 * * FRI', 'Pacific/Apia', '2011-12-29T00:00Z', '2012-01-06T12:00Z')).toEqual([
      '2011-12-30T09:00 2011-12-30T10:00Z shifted',
      '2012-01-06T09:00 2012-01-05T19:00Z',
    ]);
  });
});

describe('clock put back', () => {
  test.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T23:00Z', ['2026-10-25T02:30 2026-10-25T00:30Z repeated']],
    ['30 1 * * *', 'America/New_York', '2027-11-07T04:00Z', ['2027-11-07T01:30 2027-11-07T05:30Z repeated']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T13:00Z', ['2026-04-05T01:45 2026-04-04T14:45Z repeated']],
    [
      '0 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:00Z',
      ['2026-10-25T02:00 2026-10-25T00:00Z repeated', '2026-10-25T03:00 2026-10-25T02:00Z'],
    ],
  ])('%s in %s', (cron, zone, from, expected) => {
    const until = new Date(Date.parse(from) + 3 * HOUR).toISOString();
    expect(occurrences(cron, zone, from, until)).toEqual(expected);
  });

  test('within the repeated hour an every-minute rule goes on where the clock is past it', () => {
    const every = parseRecurrence({ cron: '* * * * *', timezone: 'Europe/Berlin' });
    expect(nextOccurrence(every, new Date('2026-10-25T01:20Z'))?.at.toISOString()).toBe('2026-10-25T02:00:00.000Z');
  });
});

describe('what is refused', () => {
  test.each([
    ['0 9 * *', 'has 4 field(s), not 5'],
    ['0 0 9 * * 1', 'has 6 field(s), not 5'],
    ['@daily', 'has 1 field(s), not 5'],
    ['', 'not 5'],
    ['60 9 * * *', 'minute "60" is not within 0-59'],
    ['0 24 * * *', 'hour "24" is not within 0-23'],
    ['0 9 0 * *', 'day of month "0" is not within 1-31'],
    ['0 9 * 13 *', 'month "13" is not within 1-12 or JAN-DEC'],
    ['0 9 * * 8', 'day of week "8" is not within 0-7 or SUN-SAT'],
    ['0 9 * * MON#1', 'day of week "MON#1" is not within'],
    ['0 9 L * *', 'day of month "L"'],
    ['0 9 15W * *', 'day of month "15W"'],
    ['0 9 ? * *', 'day of month "?"'],
    ['MON 9 * * *', 'minute "MON"'],
    ['0 9 * * FRI-MON', 'day of week "FRI-MON" runs backwards'],
    ['*/0 9 * * *', 'step 0 of minute'],
    ['*/90 * * * *', 'step 90 of minute is not within 1-59'],
    ['1--2 9 * * *', 'minute "1--2" cannot be read'],
    ['1, 9 * * *', 'minute "" cannot be read'],
    ['1,,2 9 * * *', 'minute "" cannot be read'],
    ['-1 9 * * *', 'minute "-1" cannot be read'],
    ['1/2/3 9 * * *', 'minute "1/2/3" cannot be read'],
    ['0 9 30 2 *', 'never fires, month 2 has no day 30'],
    ['0 9 31 4,6,9,11 *', 'never fires'],
  ])('cron "%s"', (cron, problem) => {
    expect(() => parseRecurrence({ cron, timezone: 'UTC' })).toThrow(
      expect.objectContaining({
        code: 'invalid_cron',
        message: expect.stringContaining(problem),
        hint: expect.any(String),
      }),
    );
  });

  test.each([
    ['Europe/Berln', 'Europe/Berlin'],
    ['Berlin', 'Europe/Berlin'],
    ['New York', 'America/New_York'],
    ['us/eastern2', 'US/Eastern'],
    ['US/Pacific-New', 'US/Pacific'],
    ['kolkata', 'Asia/Kolkata'],
    ['CET', 'Name a place'],
    ['EST', 'Name a place'],
    ['BST', 'Name a place'],
    ['+02:00', 'Name a place'],
    ['UTC+2', 'Name a place'],
    ['SystemV/EST5', 'Name a place'],
    ['', 'Name a place'],
  ])('zone "%s"', (timezone, hint) => {
    expect(() => parseRecurrence({ cron: '0 9 * * *', timezone })).toThrow(
      expect.objectContaining({ code: 'invalid_timezone', hint: expect.stringContaining(hint) }),
    );
  });

  test.each([
    ['EUROPE/KYIV', 'Europe/Kyiv'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['us/eastern', 'US/Eastern'],
    ['antarctica/dumontdurville', 'Antarctica/DumontDUrville'],
    ['america/port-AU-prince', 'America/Port-au-Prince'],
    [' nz ', 'NZ'],
    ['utc', 'UTC'],
    ['etc/gmt+5', 'Etc/GMT+5'],
  ])('zone "%s" is not: it is kept as %s', (timezone, kept) => {
    expect(parseRecurrence({ cron: '0 9 * * *', timezone }).timezone).toBe(kept);
  });

  test.each([
    ['UTC', 'UTC'],
    ['utc', 'UTC'],
    ['GMT', 'GMT'],
    ['Etc/GMT+5', 'Etc/GMT+5'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['europe/berlin', 'Europe/Berlin'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['america/argentina/comodrivadavia', 'America/Argentina/ComodRivadavia'],
    ['Japan', 'Japan'],
    ['America/Port-au-Prince', 'America/Port-au-Prince'],
  ])('but zone "%s" is taken', (timezone, kept) => {
    expect(parseRecurrence({ cron: '0 9 * * *', timezone }).timezone).toBe(kept);
  });
});
