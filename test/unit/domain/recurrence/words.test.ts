import { describe, expect, test } from 'vitest';
import { describeRecurrence } from '../../../../src/domain/recurrence/describe.ts';
import { parseRecurrence, occurrencesBetween } from '../../../../src/domain/recurrence/recurrence.ts';
import { parseWords } from '../../../../src/domain/recurrence/words.ts';

describe('words', () => {
  test.each([
    ['every weekday at 09:00', '0 9 * * MON-FRI', 'At 09:00, Monday through Friday'],
    ['weekdays 9am', '0 9 * * MON-FRI', 'At 09:00, Monday through Friday'],
    ['every day at 8:30', '30 8 * * *', 'At 08:30'],
    ['daily at noon', '0 12 * * *', 'At 12:00'],
    ['Every Monday and Thursday at 17:00', '0 17 * * MON,THU', 'At 17:00, only on Monday and Thursday'],
    ['mon, wed, and fri at 12am', '0 0 * * MON,WED,FRI', 'At 00:00, only on Monday, Wednesday, and Friday'],
    ['weekly on tuesday at 7:05pm', '5 19 * * TUE', 'At 19:05, only on Tuesday'],
    ['weekends at 10:00', '0 10 * * SAT,SUN', 'At 10:00, only on Saturday and Sunday'],
    ['every day at 17:00 and 8:00', '0 8,17 * * *', 'At 08:00 and 17:00'],
    ['first monday 08:30', '30 8 1-7 * MON', 'At 08:30, on the first Monday of the month'],
    ['every second tuesday of the month at 8:00', '0 8 8-14 * TUE', 'At 08:00, on the second Tuesday of the month'],
    ['every month on the 1st at 07:00', '0 7 1 * *', 'At 07:00, on day 1 of the month'],
    ['monthly on the 1st and 15th at 07:00', '0 7 1,15 * *', 'At 07:00, on day 1 and 15 of the month'],
    ['every month on the first monday at 07:00', '0 7 1-7 * MON', 'At 07:00, on the first Monday of the month'],
    ['the 24th of december at midnight', '0 0 24 12 *', 'At 00:00, on day 24 of the month, only in December'],
    [
      'first day of the quarter at 7:00',
      '0 7 1 1,4,7,10 *',
      'At 07:00, on day 1 of the month, only in January, April, July, and October',
    ],
    ['every hour', '0 * * * *', 'Every hour'],
    ['every 2 hours', '0 */2 * * *', 'On the hour, every 2 hours'],
    ['every 15 minutes', '*/15 * * * *', 'Every 15 minutes'],
    ['every minute', '* * * * *', 'Every minute'],
    [
      'every 2 hours from 8:15 to 18:15 on weekdays',
      '15 8-18/2 * * MON-FRI',
      'At 15 minutes past the hour, every 2 hours, between 08:00 and 18:59, Monday through Friday',
    ],
    ['hourly between 9:30 and 17:00', '30 9-16 * * *', 'At 30 minutes past the hour, between 09:00 and 16:59'],
    ['every 30 minutes from 9:00 to 12:00', '*/30 9-11 * * *', 'Every 30 minutes, between 09:00 and 11:59'],
  ])('"%s" is a cron', (words, cron, english) => {
    expect(parseWords(words)).toEqual({ cron });
    expect(describeRecurrence(parseRecurrence({ cron, timezone: 'UTC' }))).toBe(`${english}, UTC`);
  });

  test.each([
    ['last friday at 16:00', '0 16 * * FRI', -1, '16:00, on the last Friday of the month', '01-30 02-27 03-27'],
    ['last day of the month 18:00', '0 18 * * *', -1, '18:00, on the last day of the month', '01-31 02-28 03-31'],
    ['monthly on the last day at 18:00', '0 18 * * *', -1, '18:00, on the last day of the month', '01-31 02-28 03-31'],
    ['first weekday at 9:00', '0 9 * * MON-FRI', 1, '09:00, on the first weekday of the month', '01-01 02-02 03-02'],
    [
      'last workday of the quarter at 9:00',
      '0 9 * 3,6,9,12 MON-FRI',
      -1,
      '09:00, on the last weekday of March, June, September, and December',
      '03-31',
    ],
  ])('"%s" is a cron and a number', (words, cron, nthDay, english, days) => {
    expect(parseWords(words)).toEqual({ cron, nthDay });
    const recurrence = parseRecurrence({ cron, nthDay, timezone: 'UTC' });
    expect(describeRecurrence(recurrence)).toBe(`At ${english}, UTC`);
    const occurrences = occurrencesBetween(recurrence, new Date('2026-01-01'), new Date('2026-04-01'), 10);
    expect(occurrences.map(({ local }) => local.slice(5, 10)).join(' ')).toBe(days);
  });

  test.each([
    ['', 'something is missing at its end', 'every weekday at 09:00'],
    ['every weekday', 'at what time?', 'at 09:00'],
    ['every weekday at 9', 'is "9" a time?', '09:00, or 9am or 9pm'],
    ['every weekday at 25:00', 'there is no time "25:00"', 'every weekday'],
    ['every day at 13pm', 'there is no time "13pm"', 'every weekday'],
    ['every wekday at 9:00', '"wekday" is not understood here', 'Did you mean weekday'],
    ['every thrusday at 9:00', '"thrusday" is not understood here', 'thursday'],
    ['every day at 9:00 Europe/Berlin', '"europe/berlin" does not belong here', '--timezone'],
    ['every day at 8:00 and 17:30', 'different minutes', 'a notification for each'],
    ['every 5 hours', '5 hours do not divide a day', '1, 2, 3, 4, 6, 8, 12 hours'],
    ['every 90 minutes', '90 minutes do not divide an hour', '30 minutes'],
    ['every 0 minutes', '0 minutes do not divide an hour', '30 minutes'],
    ['every 2 weeks on monday at 9:00', 'every 2 of what?', 'every 2 hours'],
    ['every other friday at 9:00', '"other" is not known', 'first monday'],
    ['every month at 9:00', 'on which day?', 'on the 1st'],
    ['every month on monday at 9:00', 'which of these days', 'first monday'],
    ['the 32nd at 9:00', 'there is no 32nd of a month', 'every weekday'],
    ['every 2 hours from 18:00 to 8:00', 'over midnight', 'two notifications'],
    ['every hour from 9:30 to 10:00 tomorrow', '"tomorrow" is not understood here', ''],
    ['every day at 9:00 and', 'something is missing at its end', ''],
  ])('"%s" is refused', (words, problem, hint) => {
    expect(() => parseWords(words)).toThrow(
      expect.objectContaining({
        code: 'invalid_recurrence',
        exitCode: 2,
        message: expect.stringContaining(problem),
        hint: expect.stringContaining(hint),
      }),
    );
  });
});

test.each(['__proto__', 'constructor at 9:00', 'first toString at 9:00', 'month on the valueOf at 9:00'])(
  '"%s" is no recurrence, and no bug',
  (text) => {
    expect(() => parseWords(text)).toThrow(expect.objectContaining({ code: 'invalid_recurrence' }));
  },
);
