import { describe, expect, test } from 'vitest';
import { durationText, parseDuration } from '../../../src/lib/duration.ts';

const read = (text: string) => parseDuration(text, { name: '--in', minMs: 0, example: '2 hours' });

describe('a duration', () => {
  test.each([
    ['2 hours', 7_200_000],
    ['1 HOUR', 3_600_000],
    ['90m', 5_400_000],
    ['90 min', 5_400_000],
    ['1h30m', 5_400_000],
    ['1 hour and 30 minutes', 5_400_000],
    ['1 hour, 30 mins', 5_400_000],
    ['1.5 days', 129_600_000],
    ['1.1 hours', 3_960_000],
    ['2 weeks', 1_209_600_000],
    ['0 seconds', 0],
  ])('%s', (text, ms) => {
    expect(read(text)).toBe(ms);
  });

  test.each([
    ['30', '--in: "30" has no unit', 'Write it like "2 hours". Units are seconds, minutes, hours, days and weeks.'],
    ['36000', 'has no unit', 'Units are'],
    ['1.5', 'has no unit', 'Units are'],
    ['1h 30', 'is not a duration', 'Units are'],
    ['', 'is not a duration', 'Units are'],
    ['-1 hour', 'is not a duration', 'Units are'],
    ['1e3 s', 'has an unknown unit, "e"', 'Units are'],
    ['1,5 hours', 'is not a duration', 'Units are'],
    ['5 minutes,', 'is not a duration', 'Units are'],
    ['PT30M', 'is not a duration', 'Units are'],
    ['1 year', 'is in year: months and years have different lengths', 'Count days'],
    ['2mo', 'is in mo: months and years', 'Count days'],
    ['30M', 'may be minutes or months', 'Write "min"'],
    ['500 ms', 'has an unknown unit, "ms"', 'Units are'],
    ['1h 2h', 'its units do not get smaller', 'Units are'],
    ['30m 1h', 'its units do not get smaller', 'Units are'],
    ['0.5 s', 'is not a whole number of seconds', 'Units are'],
    ['4000 days', 'is not a duration of at least 0 seconds and at most 3650 days', 'Units are'],
    [`${'9'.repeat(99)} hours`, 'is not a duration', 'Units are'],
  ])('is not "%s"', (text, message, hint) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_duration',
        exitCode: 2,
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test('is read again as it is written', () => {
    for (const ms of [0, 1_000, 61_000, 5_400_000, 86_400_000, 604_800_000]) expect(read(durationText(ms))).toBe(ms);
  });
});
