import { describe, expect, test } from 'vitest';
import { parseDate, parseSkipDate, parseTime } from '../../../src/domain/local-time.ts';

describe('a time', () => {
  test.each([
    ['2026-12-01 9:00', '2026-12-01T09:00:00.000Z'],
    ['2026-12-01 9:00 europe/berlin', '2026-12-01T08:00:00.000Z'],
    ['2026-12-01', '2026-12-01T00:00:00.000Z'],
    ['2026-12-01 Asia/Kolkata', '2026-11-30T18:30:00.000Z'],
    ['2026-12-01T09:00:30+01:00', '2026-12-01T08:00:30.000Z'],
    ['2026-12-01 09:00 +0100', '2026-12-01T08:00:00.000Z'],
    ['2028-02-29T00:00Z', '2028-02-29T00:00:00.000Z'],
    ['2026-12-01T09:00-00:30', '2026-12-01T09:30:00.000Z'],
  ])('%s', (text, instant) => {
    expect(parseTime(text, 'UTC').toISOString()).toBe(instant);
  });

  test.each([
    ['2027-02-30T09:00Z', 'does not exist: February 2027 has 28 days'],
    ['2027-02-29', 'does not exist: February 2027 has 28 days'],
    ['2027-04-31 09:00 Europe/Berlin', 'does not exist: April has 30 days'],
    ['2027-13-01 09:00', 'does not exist: months go from 01 to 12'],
    ['2027-02-01T24:00Z', 'the time of day goes from 00:00 to 23:59'],
    ['2027-02-01T24:00', 'the time of day goes from 00:00 to 23:59'],
    ['2027-02-01 09:60', 'the time of day goes from 00:00 to 23:59'],
    ['2016-12-31T23:59:60Z', 'the time of day goes from 00:00 to 23:59'],
    ['2027-02-01 9:00 pm', 'hours go from 00 to 23'],
    ['2027-02-01 9', 'is not a time'],
    ['2027-02-01 09:00:30', 'a local time has no seconds'],
    ['2027-02-01Z', 'an offset needs a time of day'],
    ['2027-02-01T09:00+99:00', 'no clock is +99:00 from UTC'],
    ['0207-02-01', 'is not from 2000 to 2100'],
    ['tomorrow', 'is not a time'],
    ['', 'is not a time'],
    ['1', 'is not a time'],
  ])('is not "%s"', (text, problem) => {
    expect(() => parseTime(text, 'UTC')).toThrow(
      expect.objectContaining({ code: 'invalid_time', exitCode: 2, message: expect.stringContaining(problem) }),
    );
  });

  test('on a day that the clock skips is the first minute after it', () => {
    expect(parseTime('2011-12-30 09:00 Pacific/Apia', 'UTC').toISOString()).toBe('2011-12-30T10:00:00.000Z');
  });

  test('with an empty zone is refused', () => {
    expect(() => parseTime('2027-02-01 09:00', '')).toThrow(expect.objectContaining({ code: 'invalid_timezone' }));
  });
});

describe('a date', () => {
  test('exists', () => {
    expect(parseDate('2028-02-29')).toBe('2028-02-29');
    expect(parseSkipDate('02-29')).toBe('02-29');
    for (const text of ['2027-02-29', '2027-06-31', '2027-00-10', '12-25', '2027-1-1', ' 2027-01-01', '']) {
      expect(() => parseDate(text), text).toThrow(expect.objectContaining({ code: 'invalid_date' }));
    }
    for (const text of ['02-30', '04-31', '13-01', '2027-02-29', 'christmas']) {
      expect(() => parseSkipDate(text), text).toThrow(expect.objectContaining({ code: 'invalid_date' }));
    }
  });
});
