import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figures } from '../../../../src/reports/blocks/blocks.ts';
import { formatFor } from '../../../../src/reports/blocks/format.ts';
import { table } from '../../../../src/reports/blocks/table.ts';
import { awkwardNumber } from '../../../support/awkward-data.ts';

const AT = new Date('2026-11-23T08:05:00Z');
/** Spaces that do not break are spaces here. */
const plain = (text: string) => text.replaceAll(/[\u00A0\u202F]/g, ' ');

describe('the readers of a notification see', () => {
  test.each([
    ['en-US', 'UTC', ['1,234,567.89', '12.5%', '€1,204.50', '▲ 50%', 'Nov 23, 2026', '8:05 AM']],
    ['de-DE', 'Europe/Berlin', ['1.234.567,89', '12,5 %', '1.204,50 €', '▲ 50 %', '23.11.2026', '09:05']],
    ['fr-FR', 'Asia/Tokyo', ['1 234 567,89', '12,5 %', '1 204,50 €', '▲ 50 %', '23 nov. 2026', '17:05']],
  ])('%s in %s', (locale, timezone, shown) => {
    const format = formatFor(locale, timezone);
    const texts = [
      format.number(1_234_567.891),
      format.percent(0.125),
      format.currency(1_204.5, 'EUR'),
      format.change(3, 2),
      format.date(AT),
      format.time(AT),
    ];
    expect(texts.map(plain)).toEqual(shown);
  });

  test('another zone where a report asks for it', () => {
    expect(plain(formatFor('en-GB', 'Europe/Berlin').in('America/New_York').dateTime(AT))).toBe('23 Nov, 03:05');
  });

  test('their numbers in figures and tables', () => {
    const german = formatFor('de-DE');
    expect(JSON.stringify(figures([{ label: 'Orders', value: 1_204.5 }], german))).toContain('*1.204,5*');
    expect(JSON.stringify(table(['Orders'], [[1_204.5]], german))).toContain('"1.204,5"');
    expect(JSON.stringify(table(['Orders'], [[1_204.5]]))).toContain('"1,204.5"');
  });
});

test('what was not measured is a dash, never a zero', () => {
  const format = formatFor();
  for (const missing of [null, undefined, Number.NaN]) {
    expect([format.number(missing), format.percent(missing), format.currency(missing, 'EUR')]).toEqual(['–', '–', '–']);
    expect([format.change(missing, 1), format.change(1, missing)]).toEqual(['–', '–']);
  }
  expect(format.date(new Date(Number.NaN))).toBe('–');
});

test('a change is against the size of what was before, and there is none from nothing', () => {
  const { change } = formatFor();
  expect([change(2, 4), change(-2, -4), change(5, 0), change(0, 0), change(1_000.4, 1_000)]).toEqual([
    '▼ 50%',
    '▲ 50%',
    'new',
    'unchanged',
    'unchanged',
  ]);
});

test('every number has a text, the same each time', () => {
  fc.assert(
    fc.property(fc.oneof(awkwardNumber, fc.bigInt()), awkwardNumber, (value, other) => {
      const texts = () => {
        const format = formatFor('ar-EG', 'Asia/Kathmandu');
        return [
          format.number(value),
          format.percent(value),
          format.currency(value, 'JPY'),
          format.change(value, other),
        ];
      };
      expect(texts().every((text) => text.trim() !== '' && !text.includes('NaN'))).toBe(true);
      expect(texts()).toEqual(texts());
    }),
    { numRuns: 500 },
  );
});
