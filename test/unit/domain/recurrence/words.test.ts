import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../src/lib/errors.ts';
import { describeRecurrence, describeRule } from '../../../../src/domain/recurrence/describe.ts';
import { parseRecurrence, occurrencesBetween, type Recurrence } from '../../../../src/domain/recurrence/recurrence.ts';
import { isReadable, parseWords, type WordedRule } from '../../../../src/domain/recurrence/words.ts';

const described = (cron: string, more: Partial<Parameters<typeof parseRecurrence>[0]> = {}) =>
  describeRecurrence(parseRecurrence({ cron, timezone: 'UTC', ...more }));

const values = (min: number, max: number) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant('*') },
    { weight: 4, arbitrary: fc.integer({ min, max }).map(String) },
    {
      weight: 2,
      arbitrary: fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 6 }).map((list) => list.join()),
    },
    { weight: 1, arbitrary: fc.integer({ min: 2, max }).map((step) => `*/${step}`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min, max }), fc.integer({ min: 1, max }))
        .map(([from, step]) => `${from}/${step}`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map((ends) => {
        const [from, to] = ends.toSorted((x, y) => x - y);
        return `${from}-${to}`;
      }),
    },
  );

/** Its times of day, and its days in years that hold a leap day. */
function firesOf({ cron, fields, ...rule }: Recurrence) {
  const daily = parseRecurrence({ ...rule, cron: cron.replace(/^\S+ \S+/, '0 0') });
  const days = occurrencesBetween(daily, new Date('2026-12-01'), new Date('2029-04-01'), 10_000);
  return { minutes: fields.minutes, hours: fields.hours, days: days.map(({ local }) => local) };
}

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
    ['*/25 * * * *', 'At the minutes 0, 25 and 50 of every hour'],
    ['0 9 1-10 * MON', 'Every Monday that falls on the 1st to 10th of the month at 09:00'],
  ])('"%s" is %s', (cron, english) => expect(described(cron)).toBe(`${english}, UTC`));

  test('a step names its anchor', () => {
    const step = { every: 2, unit: 'week', anchorOn: '2026-12-04' } as const;
    expect(described('0 9 * * FRI', { step, startOn: '2026-12-01' })).toBe(
      'Every 2 weeks on Friday at 09:00, counted from 2026-12-04, UTC, from 2026-12-01',
    );
  });

  const crons = fc
    .tuple(values(0, 59), values(0, 23), values(1, 31), values(1, 12), values(0, 7))
    .map((fields) => fields.join(' '));
  const rules = fc.oneof(
    fc.record({ cron: crons }),
    fc.record({ cron: crons, nthDay: fc.integer({ min: -5, max: 5 }).filter((n) => n !== 0) }),
    fc.record({
      cron: crons,
      step: fc.record({
        every: fc.integer({ min: 2, max: 52 }),
        unit: fc.constantFrom('day' as const, 'week' as const),
        anchorOn: fc.constant('2026-12-04'),
      }),
    }),
  );

  test('a description that the words can say is read as a rule that fires the same', () => {
    let readBack = 0;
    fc.assert(
      fc.property(rules, (rule) => {
        let fields;
        try {
          fields = parseRecurrence({ ...rule, timezone: 'UTC' }).fields;
        } catch (error) {
          if (error instanceof UserError) return; // never fires
          throw error;
        }
        const text = describeRule(fields);
        if (!isReadable(text)) return;
        readBack += 1;
        const read: WordedRule = parseWords(text);
        const again = parseRecurrence({
          ...read,
          step: read.step && { ...read.step, anchorOn: '2026-12-04' },
          timezone: 'UTC',
        });
        expect({ text, ...firesOf(again) }).toEqual({
          text,
          ...firesOf(parseRecurrence({ ...rule, timezone: 'UTC' })),
        });
      }),
      { numRuns: 3_000 },
    );
    expect(readBack).toBeGreaterThan(400);
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

test('words in any order are read as one rule, or refused: no phrase is read in two ways', () => {
  const parts = [
    [
      'every monday',
      'on weekdays',
      'every day',
      'first friday',
      'on the 15th',
      'every 2 weeks',
      'last day of the month',
    ],
    ['at 9:00', 'at 17:30', 'every 2 hours', 'from 9:00 to 17:00', 'in the morning'],
    ['in july', 'of the month', 'every month', 'except friday', 'and tuesday', 'weekly'],
  ];
  const phrases = fc.tuple(...parts.map((part) => fc.constantFrom('', ...part)));
  fc.assert(
    fc.property(phrases, ([days = '', times = '', more = '']) => {
      const orders = [
        [days, times, more],
        [times, days, more],
      ].map((order) => order.filter((part) => part !== '').join(' '));
      const read = orders.filter(isReadable).map((phrase) => JSON.stringify(parseWords(phrase)));
      expect(new Set(read).size).toBeLessThan(2);
    }),
    { numRuns: 2_000 },
  );
});

test('odd texts are refused with a phrase that works, and are no bug', () => {
  const words = fc.constantFrom(
    ...'every other second first last monday weekday day week month 2 15th at 9:00 9 pm and , except from to in of the . - hours minutes : :15 #-2 past __proto__ constructor'.split(
      ' ',
    ),
  );
  const texts = fc.oneof(
    fc.array(words, { maxLength: 8 }).map((some) => some.join(' ')),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const { cron, nthDay } = parseWords(text);
        parseRecurrence({ cron, nthDay, timezone: 'UTC' });
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        const { code, hint = '' } = error as UserError;
        expect({ text, code }).toEqual({ text, code: 'invalid_recurrence' });
        const suggested = Array.from(hint.matchAll(/"([^"]+)"/g), ([, phrase = '']) => phrase);
        expect(suggested.length).toBeGreaterThan(0);
        expect(suggested.filter((phrase) => !isReadable(phrase))).toEqual([]);
      }
    }),
    { numRuns: 4_000 },
  );
});
