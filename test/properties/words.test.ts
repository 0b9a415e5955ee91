import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../src/lib/errors.ts';
import { describeRule } from '../../src/domain/recurrence/describe.ts';
import { parseRecurrence, occurrencesBetween, type Recurrence } from '../../src/domain/recurrence/recurrence.ts';
import { isReadable, parseWords, type WordedRule } from '../../src/domain/recurrence/words.ts';

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
      let before: Recurrence;
      try {
        before = parseRecurrence({ ...rule, timezone: 'UTC' });
      } catch (error) {
        if (error instanceof UserError) return; // never fires
        throw error;
      }
      const text = describeRule(before.fields);
      if (!isReadable(text)) return;
      readBack += 1;
      const read: WordedRule = parseWords(text);
      const again = parseRecurrence({
        ...read,
        step: read.step && { ...read.step, anchorOn: '2026-12-04' },
        timezone: 'UTC',
      });
      // Equal fields fire alike, and days of years take long to list.
      if (isDeepStrictEqual(again.fields, before.fields)) return;
      expect({ text, ...firesOf(again) }).toEqual({ text, ...firesOf(before) });
    }),
    { numRuns: 3_000 },
  );
  expect(readBack).toBeGreaterThan(400);
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
