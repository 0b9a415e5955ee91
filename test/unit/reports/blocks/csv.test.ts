import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { csv } from '../../../../src/reports/blocks/csv.ts';
import { awkwardText, awkwardValue } from '../../../support/awkward-data.ts';

const COLUMNS = ['a', 'b', 'c'] as const;

test('whatever the data, a reader of RFC 4180 gets back as many rows and cells', () => {
  const row = fc.tuple(awkwardValue, awkwardValue, awkwardValue);
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
      const read: string[][] = parse(csv(COLUMNS, rows).text, { record_delimiter: '\r\n', skip_empty_lines: false });
      expect(read).toHaveLength(rows.length + 1);
      for (const cells of read) expect(cells).toHaveLength(3);
    }),
    { numRuns: 500 },
  );
});

test('no text is a formula to a spreadsheet, and nothing else about it changes', () => {
  const dangerous = fc
    .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', ''), awkwardText)
    .map((two) => two.join(''));
  fc.assert(
    fc.property(dangerous, (text) => {
      const [, [cell = ''] = []]: string[][] = parse(csv(['a', 'b'], [[text, 1]]).text, { record_delimiter: '\r\n' });
      expect(cell).not.toMatch(/^[=@\t\r]/);
      expect(cell.replaceAll("'", '')).toBe(text.toWellFormed().replaceAll("'", ''));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a;=1+1', "a;'=1+1"],
  ['a\t=1+1', "a\t'=1+1"],
  ['first\n=1+1', "first\n'=1+1"],
  ['a;  =1+1', "a;'  =1+1"],
  ['a;"=1+1"', `a;'"=1+1"`],
  ['  =1+1', "'  =1+1"],
  ['\uFF1D1+1', "'\uFF1D1+1"],
  ['\u00A0@x', "'\u00A0@x"],
  ['a=1; b-2', 'a=1; b-2'],
  ['Acme - North', 'Acme - North'],
])('%j is no formula to a spreadsheet that splits otherwise', (text, safe) => {
  const [, [cell] = []]: string[][] = parse(csv(['a'], [[text]]).text, { record_delimiter: '\r\n' });
  expect(cell).toBe(safe);
});

test('numbers are numbers, below zero too, and what is missing is empty', () => {
  const when = new Date('2026-11-24T08:00:00Z');
  const rows = [
    [-5, '-5', '+49 30 1234'],
    [Number.NaN, null, when],
    ['a "b"', 'c,d', 'e\nf'],
  ] as const;
  expect(csv(COLUMNS, rows)).toEqual({
    text: `a,b,c\r\n-5,-5,'+49 30 1234\r\n,,2026-11-24T08:00:00.000Z\r\n"a ""b""","c,d","e\nf"\r\n`,
    about: '3 rows',
  });
});
