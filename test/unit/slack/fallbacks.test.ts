import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chart, chartImage } from '../../../src/reports/blocks/chart.ts';
import { section, type ReportBlock } from '../../../src/reports/blocks/blocks.ts';
import { table } from '../../../src/reports/blocks/table.ts';
import { type ChartSpec, chartAltText, chartLines, chartTable, specOf } from '../../../src/slack/charts/chart-spec.ts';
import type { SlackFailure } from '../../../src/slack/errors.ts';
import type { DataVisualizationBlock } from '../../../src/slack/block-kit/data-visualization.ts';
import { messageProblems } from '../../../src/slack/block-kit/block-problems.ts';
import { asObject } from '../../../src/slack/block-kit/json.ts';
import { postWithFallbacks } from '../../../src/slack/fallbacks.ts';
import { withChartFallbacks } from '../../../src/slack/chart-fallbacks.ts';
import { clientOf, control, sandboxFor } from '../../sandbox/support.ts';
import { awkwardMany, awkwardNumber, awkwardValue } from '../../support/awkward-data.ts';
import { markupIn, mrkdwnIn } from '../../support/slack-reading.ts';

const measured = fc.option(awkwardNumber);
const series = fc.record({
  type: fc.constantFrom('bar' as const, 'line' as const, 'area' as const),
  title: awkwardValue,
  labels: awkwardMany(awkwardValue),
  series: fc.array(fc.record({ name: awkwardValue, values: awkwardMany(measured) }), { maxLength: 15 }),
});
const pie = fc.record({
  type: fc.constant('pie' as const),
  title: awkwardValue,
  slices: awkwardMany(fc.record({ label: awkwardValue, value: measured })),
});
const input = fc.oneof(series, pie);

/** What a chart block or a picture shows; undefined for the line that says there is no data. */
function specIn(block: ReportBlock): ChartSpec | undefined {
  if (block.type === 'data_visualization') return specOf(block as unknown as DataVisualizationBlock);
  return block.type === 'picture' ? (asObject(block)['chart'] as ChartSpec) : undefined;
}

describe.each([
  ['chart', chart],
  ['picture', chartImage],
])('whatever the data, in the place of a %s', (_, make) => {
  test('Slack takes its table, and its lines of text', () => {
    fc.assert(
      fc.property(input, (given) => {
        const spec = specIn(make(given));
        if (spec === undefined) return;
        expect(messageProblems({ text: 'x', blocks: [chartTable(spec)] })).toEqual([]);
        const lines = chartLines(spec);
        expect(messageProblems({ text: 'x', blocks: [lines] })).toEqual([]);
        for (const { text } of mrkdwnIn(lines)) expect(markupIn(text)).toEqual([]);
        const alt = chartAltText(spec, 1_000);
        expect(alt.length).toBeLessThanOrEqual(1_000);
        expect(JSON.stringify([chartTable(spec), lines, alt]).isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test('the lines of a chart whose title grows when it is escaped fit into a section', () => {
  const labels = Array.from({ length: 400 }, (_, at) => `${at}`);
  const orders = { name: 'orders', values: labels.map(() => 1) };
  const lines = chartLines({ type: 'bar', title: '&'.repeat(50), labels, series: [orders] });
  expect(messageProblems({ text: 'x', blocks: [lines] })).toEqual([]);
  expect(JSON.stringify(lines)).toContain(' more');
});

const CHART = chart({ type: 'bar', title: 'Orders', labels: ['Mon', 'Tue'], series: [{ name: 'A', values: [1, 2] }] });
const PICTURE = { type: 'image', slack_file: { id: 'F1' }, alt_text: 'Orders' };
const SPEC: ChartSpec = { type: 'bar', title: 'Orders', labels: ['Mon'], series: [{ name: 'A', values: [1] }] };
const refusal = (message: string, code = 'invalid_blocks'): SlackFailure => ({
  kind: 'refused',
  scope: 'message',
  code,
  message,
});
const typesOf = (blocks: readonly unknown[] | undefined) => blocks?.map((block) => asObject(block)['type']);

describe('what is replaced', () => {
  test('is every chart where Slack names one of them', () => {
    const blocks = [CHART, section('x'), CHART];
    const unknown = refusal('unsupported type: data_visualization [json-pointer:/blocks/2/type]');
    expect(typesOf(withChartFallbacks(blocks, undefined, unknown))).toEqual(['table', 'section', 'rich_text']);
  });

  test('is what Slack may mean where it names nothing, and nothing where it names something else', () => {
    const pictures = new Map([[1, SPEC]]);
    const blocks = [CHART, PICTURE, table(['A'], [['1']])];
    expect(typesOf(withChartFallbacks(blocks, pictures, refusal('invalid_blocks')))).toEqual([
      'rich_text',
      'rich_text',
      'table',
    ]);
    const picture = refusal('invalid slack file [json-pointer:/blocks/1/slack_file]');
    expect(typesOf(withChartFallbacks(blocks, pictures, picture))).toEqual([
      'data_visualization',
      'rich_text',
      'table',
    ]);
    expect(withChartFallbacks(blocks, pictures, refusal('no [json-pointer:/blocks/2]'))).toBeUndefined();
    expect(withChartFallbacks(blocks, pictures, refusal('no_text', 'no_text'))).toBeUndefined();
    expect(withChartFallbacks([section('x')], undefined, refusal('invalid_blocks'))).toBeUndefined();
  });
});

describe('a picture that Slack does not show', () => {
  const request = { channel: 'C0ACME', deliveryId: 'd1', text: 'x', blocks: [PICTURE], pictures: new Map([[0, SPEC]]) };

  test('is waited for while Slack may be at work on it, and then is a table, in one message', async () => {
    await using slack = await sandboxFor();
    const early = await postWithFallbacks(clientOf(slack), { ...request, uploadedAt: Date.now() });
    expect(early).toMatchObject({ kind: 'not_posted', code: 'file_processing' });
    const late = await postWithFallbacks(clientOf(slack), { ...request, uploadedAt: Date.now() - 61_000 });
    expect(late).toMatchObject({ kind: 'posted', degraded: { code: 'invalid_blocks' } });
    const messages = slack.sandbox.store.messagesIn('C0ACME');
    expect(messages.map(({ blocks }) => typesOf(blocks))).toEqual([['table']]);
  });

  test('is a table, and where that is refused as well the text is posted, once', async () => {
    await using slack = await sandboxFor();
    await control(slack, 'POST', 'limits', { unknownBlocks: ['table'] });
    const result = await postWithFallbacks(clientOf(slack), request);
    expect(result).toMatchObject({ kind: 'posted' });
    const messages = slack.sandbox.store.messagesIn('C0ACME');
    expect(messages.map(({ text }) => text)).toEqual(['x\n(The full report could not be shown: invalid_blocks)']);
  });

  test('is not posted again where the answer to its table was lost', async () => {
    await using slack = await sandboxFor();
    await control(slack, 'POST', 'faults', { method: 'chat.postMessage', when: 'after', action: { type: 'drop' } });
    const result = await postWithFallbacks(clientOf(slack), request);
    expect(result).toMatchObject({ kind: 'ambiguous' });
    expect(slack.sandbox.store.messagesIn('C0ACME')).toHaveLength(1);
  });
});
