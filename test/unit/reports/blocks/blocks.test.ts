import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { divider, figures, type ReportBlock, section } from '../../../../src/reports/blocks/blocks.ts';
import { chart } from '../../../../src/reports/blocks/chart.ts';
import { defineReport } from '../../../../src/reports/define.ts';
import { table } from '../../../../src/reports/blocks/table.ts';
import { asObject } from '../../../../src/slack/block-kit/json.ts';
import { CONTEXT, type Draft, shows } from '../../../support/showing-report.ts';

const messageOf = (...blocks: ReportBlock[]) => shows.render({ text: 'x', blocks }, { ...CONTEXT, params: {} });

const count = (length: number) => Array.from({ length }, (_, index) => index);

describe('what does not fit is cut, with a sign', () => {
  test('rows of a table', () => {
    const block = asObject(
      table(
        ['Name', 'Orders'],
        count(10_000).map((at) => [`Account ${at}`, at]),
      ),
    );
    const rows = block['rows'] as { text: string }[][];
    expect(rows).toHaveLength(100);
    expect(rows.at(-1)?.map((cell) => cell.text)).toEqual(['… 9,902 more rows', '…']);
  });

  test('columns of a table, whose rows may be of any length', () => {
    const columns = count(25).map((at) => `c${at}`);
    const block = asObject(table(columns, [['a'], count(30)]));
    const rows = block['rows'] as { text: string }[][];
    expect(rows.map((row) => row.length)).toEqual([20, 20, 20]);
    expect(rows[0]?.at(-1)?.text).toBe('… 6 more columns');
    expect(rows[1]?.map((cell) => cell.text).slice(0, 2)).toEqual(['a', '–']);
  });

  test('a hundred rows that fit are all there', () => {
    const block = asObject(
      table(
        ['n'],
        count(99).map((at) => [at]),
      ),
    );
    expect(JSON.stringify(block)).not.toContain('more rows');
  });

  test('figures', () => {
    const block = asObject(figures(count(12).map((at) => ({ label: `f${at}`, value: at }))));
    const fields = block['fields'] as { text: string }[];
    expect(fields).toHaveLength(10);
    expect(fields.at(-1)?.text).toBe('… 3 more');
  });

  test('labels of a chart: the first bars, the newest of a line', () => {
    const labels = count(35).map((at) => `d${at}`);
    const series = [{ name: 'Orders', values: count(35) }];
    const bars = JSON.stringify(chart({ type: 'bar', title: 'Orders', labels, series }));
    const line = JSON.stringify(chart({ type: 'line', title: 'Orders', labels, series }));
    expect(bars).toContain('"Orders (20 of 35)"');
    expect(bars).toContain('"d0"');
    expect(line).toContain('"d34"');
    expect(line).not.toContain('"d0"');
  });

  test('slices of a pie: the small ones are one', () => {
    const slices = count(9).map((at) => ({ label: `s${at}`, value: at }));
    const pie = JSON.stringify(chart({ type: 'pie', title: 'Share', slices }));
    expect(pie).toContain('{"label":"3 others","value":6}');
    expect(pie).toContain('{"label":"s8","value":8}');
  });

  test('blocks of a message', () => {
    const { blocks } = messageOf(...count(60).map(() => divider()));
    expect(blocks).toHaveLength(48);
    expect(JSON.stringify(blocks.at(-1))).toContain('… 13 more blocks did not fit into one message');
    const long = messageOf(...count(5).map(() => section('x'.repeat(3_000))));
    expect(long.blocks).toHaveLength(4);
    expect(JSON.stringify(long.blocks.at(-1))).toContain('… 2 more blocks');
  });
});

test('a measurement that is missing is left out, not drawn as zero', () => {
  const labels = ['Mon', 'Tue', 'Wed'];
  const drawn = JSON.stringify(
    chart({ type: 'line', title: 'Orders', labels, series: [{ name: 'a', values: [1, null, Number.NaN] }] }),
  );
  expect(drawn).toContain('"Orders (1 of 3)"');
  expect(drawn).toContain('"categories":["Mon"]');
  expect(JSON.stringify(chart({ type: 'line', title: 'Orders', labels: [], series: [] }))).toContain('Orders: no data');
});

test('labels that become the same when they are cut are told apart', () => {
  const labels = ['Northern Hemisphere East', 'Northern Hemisphere West'];
  const drawn = JSON.stringify(chart({ type: 'bar', title: 't', labels, series: [{ name: 'a', values: [1, 2] }] }));
  expect(drawn).toContain('"categories":["Northern Hemisphere…","Northern Hemisp… (2)"]');
});

test('a message with two tables is refused before it is posted, in words that name the report', () => {
  expect(() => messageOf(table(['a'], [['b']]), table(['a'], [['b']]))).toThrow(
    'Slack would refuse the message of report "shows": only_one_table_allowed [json-pointer:/blocks]',
  );
});

test('a render that fails names its report, and trying again does not help', () => {
  const fails = defineReport({
    name: 'fails',
    description: 'Fails',
    params: z.object({}),
    load: async () => [] as { name: string }[],
    render: ([first]) => ({ text: (first as { name: string }).name, blocks: [] }),
  });
  expect(() => fails.render([], { ...CONTEXT, params: {} })).toThrow(
    expect.objectContaining({ name: 'ReportMistake', message: expect.stringContaining('Report "fails" cannot') }),
  );
});

test.each(['', 'My report', 'Weekly', '../x', 'a'.repeat(61)])('"%s" is no name of a report', (name) => {
  const definition = { name, description: '', params: z.object({}), load: async () => 1, render: () => DRAFT };
  expect(() => defineReport(definition)).toThrow(`\`name\` of a report is the text "${name.slice(0, 39)}`);
});
const DRAFT: Draft = { text: 'x', blocks: [] };
