import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { figures, section } from '../../../../src/reports/blocks/blocks.ts';
import { chart } from '../../../../src/reports/blocks/chart.ts';
import { formatFor } from '../../../../src/reports/blocks/format.ts';
import { table } from '../../../../src/reports/blocks/table.ts';
import { LANGUAGES, sayer, spokenLocale, wordsMistake } from '../../../../src/reports/blocks/words.ts';
import {
  DELIVERY_DIGEST_WORDS,
  HTTP_HEALTH_WORDS,
  METRIC_DIGEST_WORDS,
} from '../../../../src/reports/built-in/words.ts';
import { WORDS } from '../../../../examples/sample/reports/account-activity-words.ts';
import { defineReport } from '../../../../src/reports/define.ts';
import { CONTEXT } from '../../../support/showing-report.ts';

const plain = (text: string) => text.replaceAll(/[\u00A0\u202F]/g, ' ');

const COUNTS = {
  en: { orders: { one: '{count} order', other: '{count} orders' }, since: 'since {day}' },
  de: { orders: { one: '{count} Bestellung', other: '{count} Bestellungen' }, since: 'seit {day}' },
} as const;

const report = defineReport({
  name: 'orders',
  description: 'Orders',
  params: z.object({}),
  words: COUNTS,
  load: async () => 1_204.5,
  render: (count, { say, format }) => ({
    text: say('orders', { count }),
    blocks: [
      section(say('since', { day: new Date('2026-11-23T00:00:00Z') })),
      chart({ type: 'bar', title: 'y', labels: [], series: [] }),
      figures([{ label: 'x', value: count, note: format.change(1, 1) }]),
      table(
        ['x'],
        Array.from({ length: 40 }, () => [1_000]),
      ),
    ],
  }),
});

const made = (locale: string | undefined) =>
  plain(JSON.stringify(report.render(1_204.5, { ...CONTEXT, params: {}, locale })));

test('the texts of the author, our own and the numbers are in one language', () => {
  const german = made('de-AT');
  // "1.204,5" in Austria is "1 204,5".
  for (const text of [
    '1 204,5 Bestellungen',
    'seit 23.11.2026',
    'unverändert',
    '… 25 weitere Zeilen im Thread',
    'y: keine Daten',
  ]) {
    expect(german).toContain(text);
  }
  expect(german).not.toMatch(/unchanged|more rows|1,204/);
});

test.each(['fr-FR', 'pt-BR', undefined])(
  'in %s, which it does not speak, the whole message is in English',
  (locale) => {
    for (const text of [
      '1,204.5 orders',
      'since Nov 23, 2026',
      'unchanged',
      '… 25 more rows in the thread',
      'y: no data',
    ]) {
      expect(made(locale)).toContain(text);
    }
  },
);

test.each([
  ['de-AT', ['en', 'de'], 'de-AT'],
  ['en-GB', ['en'], 'en-GB'],
  ['de-DE', ['en'], 'en-US'],
  ['it-IT', ['en', 'it'], 'en-US'],
  ['de-DE', ['de'], 'de-DE'],
  ['fr-FR', ['de'], 'de'],
  [undefined, ['de'], 'de'],
])('a notification in %s of a report in %s is written as %s', (locale, languages, spoken) => {
  expect(spokenLocale(locale, languages)).toBe(spoken);
});

test('plural forms are those of the language', () => {
  const say = sayer(
    { en: { n: { one: 'one', other: 'other' } }, fr: { n: { one: 'un', other: 'plusieurs' } } },
    formatFor('fr-FR'),
  );
  expect([say('n', { count: 0 }), say('n', { count: 1 }), say('n', { count: 2 })]).toEqual(['un', 'un', 'plusieurs']);
});

test('a value that was not given is a mistake, not a gap in the text', () => {
  const say = sayer(COUNTS, formatFor());
  expect(() => say('since')).toThrow('Word "since" has {day}, which was not given');
});

describe('words that are wrong are refused when the report is defined:', () => {
  test.each<[string, unknown, RegExp]>([
    ['no English', { de: { a: 'b' } }, /has no `en`/],
    ['a language that no message can be in', { en: { a: 'b' }, it: { a: 'b' } }, /the language "it"/],
    ['a word that a language lacks', { en: { a: 'b', c: 'd' }, de: { a: 'b' } }, /"c" not in "de"/],
    ['a word that English lacks', { en: { a: 'b' }, de: { a: 'b', c: 'd' } }, /"c" not in "en"/],
    ['plural forms without `other`', { en: { a: { one: 'b' } } }, /expected a text or plural forms/],
    ['a value that English does not have', { en: { a: '{day}' }, de: { a: '{tag}' } }, /has \{tag\}/],
  ])('%s', (_, words, problem) => {
    expect(wordsMistake(words)?.problem).toMatch(problem);
  });
});

test.each(Object.entries({ HTTP_HEALTH_WORDS, METRIC_DIGEST_WORDS, DELIVERY_DIGEST_WORDS, WORDS }))(
  '%s of a built-in report are right, and in each language that our own words are in',
  (_, words) => {
    expect(wordsMistake(words)).toBeUndefined();
    expect(Object.keys(words)).toEqual(LANGUAGES);
  },
);

test.each(LANGUAGES)('our own words are right in %s', (language) => {
  const { words } = formatFor(language);
  expect(words('moreRows', { count: 1 })).toContain('1');
  expect(words('getRecurring', { when: 'WHEN', why: 'WHY' })).toMatch(/WHEN.*WHY|WHY.*WHEN/);
  expect(words('late', { due: 'DUE', posted: 'POSTED', reason: 'REASON' })).toMatch(/DUE.*POSTED.*REASON/);
});

test('no line of a French message breaks before its punctuation or inside its quotes, also in the words of an author', () => {
  const words = { en: { a: 'x' }, fr: { a: 'Prêt ? « {name} » : oui ; non !' } };
  const say = sayer(words, formatFor('fr-FR'));
  expect(say('a', { name: 'x : y' })).toBe('Prêt\u202F? «\u00A0x : y\u00A0»\u00A0: oui\u202F; non\u202F!');
});
