import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bold,
  date,
  grouped,
  join,
  link,
  mrkdwn,
  mention,
  mentionAll,
  toMrkdwn,
  toPlain,
  type Text,
} from '../../../../src/reports/blocks/text.ts';

const shown = (text: Text) => toMrkdwn(text, 3_000);
const unescape = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

describe('data', () => {
  test.each<[string, Text, string]>([
    ['a mention', '<!channel> <@U0ANNA>', '&lt;!channel&gt; &lt;@U0ANNA&gt;'],
    ['a link', '<https://evil.example|Acme>', '&lt;https://evil.example|Acme&gt;'],
    ['an escaped mention', '&lt;!channel&gt;', '&amp;lt;!channel&amp;gt;'],
    ['nothing', null, '–'],
    ['an empty text', ' \n ', '–'],
    ['no number', Number.NaN, '–'],
    ['a number without end', -Infinity, '-∞'],
    ['half an emoji', 'a\uD83Cb', 'a\uFFFDb'],
    ['control characters', 'a\u0000b\u001B[31m\tc\r\nd', 'ab[31m c\nd'],
    ['a turn of the direction', 'invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['right-to-left text', 'שלום', 'שלום'],
  ])('that is %s is shown as it is, or as what is missing', (_, data, expected) => {
    expect(shown(data)).toBe(expected);
    expect(shown(mrkdwn`a ${data}`)).toBe(`a ${data === ' \n ' ? '' : expected}`.trim());
  });

  test('is read back as it was, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (raw) => {
        fc.pre(raw.trim() !== '' && !/[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]/u.test(raw));
        expect(unescape(shown(raw))).toBe(raw.trim());
      }),
    );
  });
});

test('formatting is said by functions, and what they are given is data', () => {
  expect(shown(mrkdwn`*Acme* ${bold('<b>')}`)).toBe('*Acme* *&lt;b&gt;*');
  expect(shown(join([bold('a\nb'), 'c&d'], ', '))).toBe('*a*\n*b*, c&amp;d');
  expect(shown(mention('U0ANNA'))).toBe('<@U0ANNA>');
  expect(shown(mention('S0OPS'))).toBe('<!subteam^S0OPS>');
  expect(shown(mentionAll('here'))).toBe('<!here>');
  expect(shown(date(new Date('2026-11-24T08:00:00Z')))).toBe(
    '<!date^1795507200^{date_short_pretty} {time}|2026-11-24 08:00 UTC>',
  );
  expect(shown(date(new Date('no date')))).toBe('–');
});

test.each(['channel', '!channel', 'U1|x', '<!here>', ''])('%s is not a person whom a report can mention', (id) => {
  expect(() => mention(id)).toThrow('is not the id of a person');
});

test('a link leads to the web and nowhere else, and its address cannot end it', () => {
  expect(shown(link('a>b', 'https://example.com/?a=1&b=<x>|y'))).toBe(
    '<https://example.com/?a=1&amp;b=%3Cx%3E%7Cy|a&gt;b>',
  );
  for (const url of ['javascript:alert(1)', 'slack://open', '!channel', '@U0ANNA', '']) {
    expect(shown(link('open', url))).toBe('open (link left out)');
  }
});

test('numbers have their thousands apart', () => {
  expect([1234567, 0.000123456, -1234.567, 10n ** 18n, '1234', Number.NaN, -0].map(grouped)).toEqual([
    '1,234,567',
    '0.000123',
    '-1,234.57',
    '1,000,000,000,000,000,000',
    '1234',
    '–',
    '0',
  ]);
});

describe('a text that is too long', () => {
  test('is cut with a sign, and never in the middle of an emoji', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (raw, max) => {
        const text = toPlain(raw, max);
        expect(text.length).toBeLessThanOrEqual(max);
        expect(text.isWellFormed()).toBe(true);
        if (toPlain(raw, 1_000).length > max) expect(text.endsWith('…')).toBe(true);
      }),
    );
  });

  test('is never cut in the middle of a link, a mention or an escape', () => {
    const text = mrkdwn`${'&'.repeat(3)}${link('Acme', 'https://example.com')} and ${mention('U0ANNA')}`;
    const whole = shown(text);
    for (let max = 1; max < whole.length; max += 1) {
      const cut = toMrkdwn(text, max);
      expect(cut.length).toBeLessThanOrEqual(max);
      expect(cut.replaceAll(/<[^<>]+>|&amp;/g, '')).not.toMatch(/[<>&]/);
    }
  });
});
