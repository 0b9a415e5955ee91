import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figures } from '../../../../src/reports/blocks/blocks.ts';
import { formatFor } from '../../../../src/reports/blocks/format.ts';
import { table } from '../../../../src/reports/blocks/table.ts';
import { awkwardNumber } from '../../../support/awkward-data.ts';

const AT = new Date('2026-11-23T08:05:00Z');
/** Spaces that do not break are spaces here. */
const plain = (text: string) => text.replaceAll(/[\u00A0\u2009\u202F]/g, ' ');

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

test.each([
  [2, 4, '▼ 50%'],
  [-2, -4, '▲ 50%'],
  [5, 0, 'new'],
  [-5, 0, '▼ from 0'],
  [2, -4, '▲ from -4'],
  [0, 5, '▼ 100%'],
  [1, 10_000, '▼ 99.9%'],
  [0, 0, 'unchanged'],
  [1_004_000, 1_000_000, '▲ 0.4%'],
  [1_000.4, 1_000, '▲ <0.1%'],
  [112, 100, '▲ 12%'],
  [101.6, 100, '▲ 1.6%'],
  [100_000, 1, '▲ 9,999,900%'],
])('the change to %d from %d is %s', (now, before, text) => {
  expect(formatFor().change(now, before)).toBe(text);
});

test('a change says in words whether it is good', () => {
  const { change } = formatFor();
  expect([change(3, 2, { better: 'up' }), change(3, 2, { better: 'down' }), change(2, 2, { better: 'down' })]).toEqual([
    '▲ 50% (better)',
    '▲ 50% (worse)',
    'unchanged',
  ]);
  expect(plain(formatFor('de-DE').change(2, 4, { better: 'down' }))).toBe('▼ 50 % (besser)');
});

describe('a period', () => {
  const due = new Date('2026-10-26T08:00:00Z');

  test('of the last days ends at local midnight, and has their days', () => {
    const week = formatFor('en-US', 'Europe/Berlin').lastDays(3, due);
    expect(week.days()).toEqual([
      { date: '2026-10-23', from: new Date('2026-10-22T22:00:00Z'), to: new Date('2026-10-23T22:00:00Z') },
      { date: '2026-10-24', from: new Date('2026-10-23T22:00:00Z'), to: new Date('2026-10-24T22:00:00Z') },
      // The clock is put back: 25 hours.
      { date: '2026-10-25', from: new Date('2026-10-24T22:00:00Z'), to: new Date('2026-10-25T23:00:00Z') },
    ]);
    expect(week.isWholeDays).toBe(true);
    expect(week.before()).toMatchObject({ from: new Date('2026-10-19T22:00:00Z'), to: week.from });
  });

  test('begins after midnight where the clock skips it', () => {
    // Santiago puts its clock from 24:00 on to 01:00 on 6 September 2026.
    const [day] = formatFor('en-US', 'America/Santiago').lastDays(1, new Date('2026-09-07T12:00:00Z')).days();
    expect(day).toEqual({
      date: '2026-09-06',
      from: new Date('2026-09-06T04:00:00Z'),
      to: new Date('2026-09-07T03:00:00Z'),
    });
  });

  test('between two instants has its first and last day cut', () => {
    const format = formatFor('en-US', 'Asia/Kolkata');
    const period = format.period(new Date('2026-11-20T23:32:00Z'), new Date('2026-11-22T10:00:00Z'));
    expect(period.isWholeDays).toBe(false);
    expect(period.days().map(({ date }) => date)).toEqual(['2026-11-21', '2026-11-22']);
    expect(period.days()[0]?.from).toEqual(period.from);
    expect(period.days().at(-1)?.to).toEqual(period.to);
    expect(plain(format.span(period))).toBe('Nov 21, 5:02 AM – Nov 22, 3:30 PM');
  });

  test('since the last report follows the one before without a gap, in whole days', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Europe/Berlin', 'America/Santiago', 'Asia/Kathmandu', 'Pacific/Apia', 'UTC'),
        fc.array(fc.integer({ min: 1, max: 90 * 3_600_000 }), { minLength: 1, maxLength: 12 }),
        (timezone, gaps) => {
          const format = formatFor('en-US', timezone);
          let [since, covered] = [new Date('2026-08-30T08:00:00Z'), undefined as Date | undefined];
          for (const gap of gaps) {
            const until = new Date(since.getTime() + gap);
            const period = format.periodSince(since, until, 1);
            if (period.isWholeDays && period.from < period.to) {
              if (covered !== undefined) expect(period.from).toEqual(covered);
              covered = period.to;
            } else {
              expect([period.from, period.to]).toEqual([since, until]);
            }
            since = until;
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('of whole days is written without times, one of a day as its date', () => {
    const format = formatFor('de-DE', 'Europe/Berlin');
    expect(plain(format.span(format.lastDays(7, due)))).toBe('19.–25.10.2026');
    expect(plain(format.span(format.lastDays(1, due)))).toBe('25.10.2026');
  });
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
