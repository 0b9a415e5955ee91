import { cutText } from '../../lib/cut-text.ts';
import { SECTION_TEXT_MAX, TABLE_ROWS_MAX } from '../block-kit/block-limits.ts';
import type { DataVisualizationBlock } from '../block-kit/data-visualization.ts';
import type { Json } from '../block-kit/json.ts';

/** What a chart shows, however it is drawn: by Slack, as a picture, or as a table. */
export interface ChartSpec {
  type: 'bar' | 'line' | 'area' | 'pie';
  title: string;
  /** The x axis, or the slices of a pie. */
  labels: readonly string[];
  /** Each with one value for each label; null where nothing was measured. A pie has one. */
  series: readonly { name: string; values: readonly (number | null)[] }[];
  xLabel?: string;
  yLabel?: string;
}

/** Characters of a table that replaces a chart: the message has other blocks. */
const TABLE_TEXT_MAX = 6_000;
/** Characters of a cell in the text that replaces a chart, so that its columns stay aligned on a phone. */
const COLUMN_MAX = 20;

/** What a chart block of Slack's own shows. */
export function specOf({ title, chart }: DataVisualizationBlock): ChartSpec {
  if (chart.type === 'pie') {
    const values = chart.segments.map(({ value }) => value);
    return {
      type: 'pie',
      title,
      labels: chart.segments.map(({ label }) => label),
      series: [{ name: 'Value', values }],
    };
  }
  const { categories, x_label, y_label } = chart.axis_config;
  return {
    type: chart.type,
    title,
    labels: categories,
    series: chart.series.map(({ name, data }) => ({
      name,
      values: categories.map((category) => data.find(({ label }) => label === category)?.value ?? null),
    })),
    ...(x_label !== undefined && { xLabel: x_label }),
    ...(y_label !== undefined && { yLabel: y_label }),
  };
}

/** The chart as a table; its title is the head of the first column. */
export function chartTable(spec: ChartSpec): Json {
  const [head = [], ...rows] = cellsOf(spec);
  const { kept, missing } = within(rows, TABLE_ROWS_MAX - 2, TABLE_TEXT_MAX - sizeOf(head));
  const last = missing > 0 ? [[`… ${missing} more rows`, ...head.slice(1).map(() => '…')]] : [];
  return {
    type: 'table',
    rows: [head, ...kept, ...last].map((row) => row.map((text) => ({ type: 'raw_text', text: text || '–' }))),
    column_settings: head.map((_, index) => ({ align: index === 0 ? 'left' : 'right' })),
  };
}

/** More than the characters around a chart's lines: the count of missing ones. */
const AROUND_LINES = 50;

/** The chart as lines of text, for a message that has its table already: Slack takes one. */
export function chartLines(spec: ChartSpec): Json {
  const [head = [], ...rows] = cellsOf(spec).map((row) => row.map((text) => cutText(oneLine(text), COLUMN_MAX)));
  const shown = [['', ...head.slice(1)], ...rows];
  const widths = head.map((_, index) => Math.max(...shown.map((row) => row[index]?.length ?? 0)));
  const lines = shown.map((row) => [
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  ]);
  const title = oneLine(spec.title) || '–';
  const room = SECTION_TEXT_MAX - title.length - AROUND_LINES;
  const { kept, missing } = within(lines.slice(spec.series.length > 1 ? 0 : 1), Infinity, room);
  const more = missing > 0 ? `\n… ${missing} more` : '';
  // Rich text shows marks in labels as they are.
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_section', elements: [{ type: 'text', text: title, style: { bold: true } }] },
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: `${kept.join('\n')}${more}` || '–' }] },
    ],
  };
}

/** What the chart shows, in a sentence, for screen readers. */
export function chartAltText(spec: ChartSpec, max: number): string {
  const values = spec.series.map(({ name, values: all }) => {
    const pairs = spec.labels.map((label, at) => `${label} ${shownNumber(all[at])}`).join(', ');
    return spec.series.length > 1 ? `${name}: ${pairs}` : pairs;
  });
  const text = `${spec.title}. ${values.join('; ')}`;
  return cutText(text, max);
}

function cellsOf({ title, labels, series }: ChartSpec): string[][] {
  return [
    [title, ...series.map(({ name }) => name)],
    ...labels.map((label, at) => [label, ...series.map(({ values }) => shownNumber(values[at]))]),
  ];
}

/** The first rows, as far as there is room. */
function within(rows: readonly string[][], most: number, characters: number) {
  let left = characters;
  const kept: string[][] = [];
  for (const row of rows.slice(0, rows.length > most + 1 ? most : rows.length)) {
    left -= sizeOf(row) + 1;
    if (left < 0) break;
    kept.push(row);
  }
  return { kept, missing: rows.length - kept.length };
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2, signDisplay: 'negative' });
const LONG_NUMBER = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6, notation: 'scientific' });

function shownNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return (Math.abs(value) < 1e15 ? NUMBER : LONG_NUMBER).format(value);
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ').trim();
}
