import { describe, expect, test } from 'vitest';
import { formatFor } from '../../../../src/reports/blocks/format.ts';
import { table, type TableOptions } from '../../../../src/reports/blocks/table.ts';
import { asObject } from '../../../../src/slack/block-kit/json.ts';
import { CONTEXT, shows } from '../../../support/showing-report.ts';

const plain = (text: string) => text.replaceAll(/[\u00A0\u202F]/g, ' ');
const rowsOf = (block: unknown) =>
  (asObject(block)['rows'] as { text: string }[][]).map((row) => row.map(({ text }) => plain(text)));
const alignmentsOf = (block: unknown) =>
  (asObject(block)['column_settings'] as { align: string }[]).map(({ align }) => align);
const numbered = (count: number) => Array.from({ length: count }, (_, at) => [`Row ${at + 1}`, at + 1] as const);
const messageOf = (rows: number, options?: TableOptions) =>
  shows.render(
    { text: 'x', blocks: [table(['Name', { header: 'Count', total: true }], numbered(rows), options)] },
    { ...CONTEXT, params: {} },
  );

describe('a column', () => {
  test('has its numbers right and with equal decimals, and its total', () => {
    const block = table(
      [
        'Order',
        { header: 'Weight', total: true },
        { header: 'Total', format: 'currency', currency: 'EUR', total: true },
      ],
      [
        ['4711', 1.5, '1204.50'],
        ['4712', 12, 80],
        ['4713', null, null],
      ],
      formatFor('de-DE'),
    );
    expect(rowsOf(block)).toEqual([
      ['Order', 'Weight', 'Total'],
      ['4711', '1,5', '1.204,50 €'],
      ['4712', '12,0', '80,00 €'],
      ['4713', '–', '–'],
      ['Summe', '13,5', '1.284,50 €'],
    ]);
    expect(alignmentsOf(block)).toEqual(['left', 'right', 'right']);
  });

  test('of ratios, small numbers or dates is written as they are read', () => {
    const at = new Date('2026-11-23T08:05:00Z');
    const block = table(
      [
        { header: 'Rate', format: 'percent' },
        'Small',
        { header: 'Day', format: 'date' },
        'At',
        { header: 'Id', align: 'center' },
      ],
      [
        [0.125, 0.0042, at, at, 'a'],
        [0.5, 0.1, at, at, 'b'],
      ],
      formatFor('en-GB', 'Europe/Berlin'),
    );
    expect(rowsOf(block).slice(1)).toEqual([
      ['12.5%', '0.0042', '23 Nov 2026', '23 Nov, 09:05', 'a'],
      ['50.0%', '0.1000', '23 Nov 2026', '23 Nov, 09:05', 'b'],
    ]);
    expect(alignmentsOf(block)).toEqual(['right', 'right', 'left', 'left', 'center']);
  });

  test('of amounts says their currency', () => {
    expect(() => table([{ header: 'Total', format: 'currency' }], [[1]])).toThrow(
      'Column "Total" has the format currency',
    );
  });

  test('that text leaves alone: an id is no number without a format', () => {
    expect(rowsOf(table(['Id'], [['007']]))).toEqual([['Id'], ['007']]);
  });
});

describe('a long table', () => {
  test('of sixteen rows is whole: a sign would take the place of one', () => {
    const { blocks, thread } = messageOf(16);
    expect(rowsOf(blocks[0])).toHaveLength(18);
    expect(thread).toBeUndefined();
  });

  test('has fifteen rows and the totals of all in the channel, and the rest in the thread', () => {
    const { blocks, thread = [] } = messageOf(120);
    const shown = rowsOf(blocks[0]);
    expect(shown).toHaveLength(18);
    expect(shown.slice(-3)).toEqual([
      ['Row 15', '15'],
      ['… 105 more rows in the thread', '…'],
      ['Total', '7,260'],
    ]);
    expect(thread.map(({ text }) => text)).toEqual(['Rows 16 to 113 of 120', 'Rows 114 to 120 of 120']);
    expect(rowsOf(thread[0]?.blocks[0]).slice(0, 2)).toEqual([
      ['Name', 'Count'],
      ['Row 16', '16'],
    ]);
    expect(rowsOf(thread[1]?.blocks[0]).at(-1)).toEqual(['Row 120', '120']);
  });

  test('of thousands of rows ends with how many are missing', () => {
    const { thread = [] } = messageOf(10_000);
    expect(thread).toHaveLength(3);
    expect(rowsOf(thread[2]?.blocks[0]).at(-1)?.[0]).toMatch(/^… 9,\d{3} more rows$/);
  });

  test('has at most 100 rows, the header, the totals and the number of missing ones included', () => {
    const many = Array.from({ length: 120 }, (_, index) => [index] as const);
    expect(rowsOf(table([{ header: 'Count', total: true }], many, { rows: 98, rest: 'cut' }))).toHaveLength(100);
    expect(rowsOf(table(['Count'], many, { rows: 98, rest: 'cut' }))).toHaveLength(100);
  });

  test('comes with a file of all rows where it is asked for', () => {
    const { blocks, files, thread } = messageOf(40, { rows: 10, rest: 'file', title: 'Orders' });
    expect(rowsOf(blocks[0]).at(-2)).toEqual(['… 30 more rows in the file', '…']);
    expect(files).toMatchObject([{ name: 'Orders.csv', about: '40 rows', text: expect.stringContaining('Row 40,40') }]);
    expect(thread).toMatchObject([{ attached: [0] }]);
  });

  test('is cut where that is asked for', () => {
    const { blocks, thread } = messageOf(40, { rows: 20, rest: 'cut' });
    expect(rowsOf(blocks[0]).at(-2)).toEqual(['… 20 more rows', '…']);
    expect(thread).toBeUndefined();
  });

  test('in a thread stays as long as it is', () => {
    const long = table(['Name', 'Count'], numbered(98));
    const { thread = [] } = shows.render(
      { text: 'x', blocks: [], thread: [{ text: 'All', blocks: [long] }] },
      { ...CONTEXT, params: {} },
    );
    expect(rowsOf(thread[0]?.blocks[0])).toHaveLength(99);
  });
});
