import { describe, expect, test } from 'vitest';
import { describeRecurrence } from '../../../../src/domain/recurrence/describe.ts';
import { parseRecurrence, occurrencesBetween } from '../../../../src/domain/recurrence/recurrence.ts';
import { parseWords } from '../../../../src/domain/recurrence/words.ts';

const described = (cron: string, more: Partial<Parameters<typeof parseRecurrence>[0]> = {}) =>
  describeRecurrence(parseRecurrence({ cron, timezone: 'UTC', ...more }));

describe('descriptions', () => {
  test.each([
    ['0 9 * * 1-5', 'Every weekday at 09:00'],
    ['30 8 * * *', 'Every day at 08:30'],
    ['0 17 * * MON,THU', 'Every Monday and Thursday at 17:00'],
    ['0 9 * * MON-SAT', 'Every day except Sunday at 09:00'],
    ['0 9 * * TUE-THU', 'Every Tuesday to Thursday at 09:00'],
    ['30 8 1-7 * MON', 'The first Monday of the month at 08:30'],
    ['0 7 1,15 * *', 'The 1st and 15th of the month at 07:00'],
    ['0 9 1 1,4,7,10 *', 'The 1st of January, April, July and October at 09:00'],
    ['0 9 31 * *', 'The 31st of the month at 09:00, in months that have it'],
    ['0 9 30,31 * *', 'The 30th and 31st of the month at 09:00, in months that have them'],
    ['0 9 31 1,12 *', 'The 31st of January and December at 09:00'],
    ['0 9 * * 0-7', 'Every day at 09:00'],
    ['0 9 * * 7/2', 'Every Sunday at 09:00'],
    ['50/20 * * * *', 'Every hour at :50'],
    ['0 */2 * * *', 'Every 2 hours'],
    ['30 */2 * * *', 'Every 2 hours at :30'],
    ['15 8-18/2 * * MON-FRI', 'Every 2 hours from 08:15 to 18:15 on weekdays'],
    ['*/15 8-17 * * *', 'Every 15 minutes from 08:00 to 17:45'],
    ['*/25 * * * *', 'Every hour at :00, :25 and :50'],
    ['5-14 * * * *', 'At the minutes 5, 6, 7, 8, 9, 10, 11, 12, 13 and 14 of every hour'],
    ['15,45 */2 * * *', 'Every 2 hours at :15 and :45'],
    ['0 9 1-10 * MON', 'Every Monday that falls on the 1st to 10th of the month at 09:00'],
  ])('"%s" is %s', (cron, english) => expect(described(cron)).toBe(`${english}, UTC`));

  test('a step names its anchor', () => {
    const step = { every: 2, unit: 'week', anchorOn: '2026-12-04' } as const;
    expect(described('0 9 * * FRI', { step, startOn: '2026-12-01' })).toBe(
      'Every 2 weeks on Friday at 09:00, counted from 2026-12-04, UTC, from 2026-12-01',
    );
  });
});

test.each([
  ['last friday at 16:00', '01-30 02-27 03-27'],
  ['last day of the month 18:00', '01-31 02-28 03-31'],
  ['first weekday of the month at 9:00', '01-01 02-02 03-02'],
  ['last workday of the quarter at 9:00', '03-31'],
])('"%s" comes on %s', (words, days) => {
  const recurrence = parseRecurrence({ timezone: 'UTC', ...parseWords(words), step: undefined });
  const occurrences = occurrencesBetween(recurrence, new Date('2026-01-01'), new Date('2026-04-01'), 10);
  expect(occurrences.map(({ local }) => local.slice(5, 10)).join(' ')).toBe(days);
});
