import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  button,
  context,
  divider,
  figures,
  header,
  type ReportBlock,
  section,
} from '../../src/reports/blocks/blocks.ts';
import { chart } from '../../src/reports/blocks/chart.ts';
import { table } from '../../src/reports/blocks/table.ts';
import { bold, join, link, mrkdwn, mention, type Text } from '../../src/reports/blocks/text.ts';
import { messageProblems } from '../../src/slack/block-kit/block-problems.ts';
import { awkwardMany, awkwardNumber, awkwardText, awkwardValue } from '../support/awkward-data.ts';
import { markupIn, mrkdwnIn } from '../support/slack-reading.ts';
import { post, sandboxFor } from '../sandbox/support.ts';

import { CONTEXT, shows } from '../support/showing-report.ts';

const text: fc.Arbitrary<Text> = fc.oneof(
  awkwardValue,
  fc.tuple(awkwardValue, awkwardValue).map(([a, b]) => mrkdwn`${a} *of* ${bold(b)}`),
  fc.array(awkwardValue, { maxLength: 12 }).map((values) => join(values.map(bold), ', ')),
);
const label = fc.oneof(awkwardValue, fc.constantFrom('Mon', 'Mon ', 'x'.repeat(20), 'x'.repeat(21)));
const measured = fc.option(awkwardNumber);

const column = fc.record(
  {
    header: awkwardText,
    format: fc.constantFrom('number', 'percent', 'currency', 'date', 'dateTime', 'time'),
    currency: fc.constant('EUR'),
    decimals: fc.nat({ max: 4 }),
    align: fc.constantFrom('left', 'center', 'right'),
    total: fc.constantFrom(true as const, 12.5, 'all', null),
  },
  { requiredKeys: ['header', 'currency'] },
);

const BLOCKS: Record<string, fc.Arbitrary<ReportBlock>> = {
  header: awkwardValue.map(header),
  section: text.map(section),
  context: text.map(context),
  divider: fc.constant(divider()),
  figures: awkwardMany(fc.record({ label: text, value: text, note: text }, { requiredKeys: ['label', 'value'] })).map(
    figures,
  ),
  button: fc
    .tuple(
      awkwardValue,
      fc.oneof(
        awkwardText,
        fc.webUrl(),
        fc.webUrl().map((url) => `${url}?${'x'.repeat(3_000)}`),
      ),
    )
    .map(([name, url]) => button(name, url)),
  table: fc
    .tuple(
      awkwardMany(fc.oneof(awkwardText, column)),
      awkwardMany(fc.array(fc.oneof(awkwardValue, fc.date()), { maxLength: 25 })),
      fc.record(
        { rows: fc.integer({ max: 200 }), rest: fc.constantFrom('thread', 'file', 'cut') },
        { requiredKeys: [] },
      ),
    )
    .filter(([columns]) => columns.length <= 130)
    .map(([columns, rows, options]) => table(columns, rows, options)),
  chart: fc
    .record({
      type: fc.constantFrom('bar' as const, 'line' as const, 'area' as const),
      title: awkwardValue,
      labels: awkwardMany(label),
      series: fc.array(fc.record({ name: label, values: awkwardMany(measured) }), { maxLength: 9 }),
      xLabel: awkwardValue,
      yLabel: awkwardValue,
    })
    .map(chart),
  pie: fc
    .record({ title: awkwardValue, slices: awkwardMany(fc.record({ label, value: measured })) })
    .map((input) => chart({ type: 'pie', ...input })),
};

/** For ten thousand runs on a machine with much else to do; on a quiet one they take a few seconds. */
const DEADLINE_MS = 180_000;

describe('whatever the data', () => {
  test.each(Object.entries(BLOCKS))(
    'Slack takes a %s, and nothing in it is a mention or a link',
    (_, block) => {
      fc.assert(
        fc.property(block, (one) => {
          expect(messageProblems({ text: 'x', blocks: [one] })).toEqual([]);
          for (const { text: shown, verbatim } of mrkdwnIn(one)) {
            expect(markupIn(shown)).toEqual([]);
            expect(verbatim).toBe(true);
          }
          expect(JSON.stringify(one).isWellFormed()).toBe(true);
        }),
        { numRuns: 10_000 },
      );
    },
    DEADLINE_MS,
  );

  const blocks = fc.array(fc.oneof(...Object.values(BLOCKS)), { maxLength: 70, size: 'max' }).map(oneTableTwoCharts);

  test('Slack takes the whole message', () => {
    fc.assert(
      fc.property(text, blocks, (given, all) => {
        const message = shows.render({ text: given, blocks: all }, { ...CONTEXT, params: {} });
        expect(messageProblems(message)).toEqual([]);
        expect(markupIn(message.text)).toEqual([]);
        if (message.blocks.length < all.length) expect(JSON.stringify(message.blocks.at(-1))).toContain('did not fit');
      }),
      { numRuns: 200 },
    );
  });

  test('the sandbox takes it over HTTP', async () => {
    await using sandbox = await sandboxFor();
    await fc.assert(
      fc.asyncProperty(text, blocks, async (given, all) => {
        const message = shows.render({ text: given, blocks: all }, { ...CONTEXT, params: {} });
        expect((await post(sandbox, { ...message })).body).toMatchObject({ ok: true });
      }),
      { numRuns: 60 },
    );
  });

  test('what was asked for is the only markup', () => {
    fc.assert(
      fc.property(awkwardValue, awkwardText, fc.webUrl(), (value, name, url) => {
        const [shown] = mrkdwnIn(section(mrkdwn`${value} ${link(name, url)} ${mention('U0ANNA')} ${name}`));
        const markup = markupIn(shown?.text ?? '');
        expect(markup).not.toContain('unclosed');
        for (const inside of markup) expect(inside === '@U0ANNA' || inside.startsWith('http')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

/** More of them is a mistake of the report's author, which is told; see below. */
function oneTableTwoCharts(blocks: ReportBlock[]): ReportBlock[] {
  const left: Record<string, number> = { table: 1, data_visualization: 2 };
  return blocks.filter(({ type }) => {
    const rest = left[type] ?? Infinity;
    left[type] = rest - 1;
    return rest > 0;
  });
}
