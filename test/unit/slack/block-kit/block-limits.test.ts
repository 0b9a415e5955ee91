import { describe, expect, test } from 'vitest';
import * as limits from '../../../../src/slack/block-kit/block-limits.ts';
import { blockProblems } from '../../../../src/slack/block-kit/block-problems.ts';

type Block = Record<string, unknown>;

const x = (length: number) => 'x'.repeat(length);
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const section = (text: string): Block => ({ type: 'section', text: mrkdwn(text) });
const button = (extra: object): Block => ({
  type: 'actions',
  elements: [{ type: 'button', text: plain('Open'), ...extra }],
});
const image = (extra: object): Block => ({
  type: 'image',
  image_url: 'https://example.com/a.png',
  alt_text: 'a',
  ...extra,
});
const cell = (text: string) => ({ type: 'raw_text', text });
const table = (rows: unknown[][], extra: object = {}): Block => ({ type: 'table', rows, ...extra });
const address = (length: number) => `https://example.com/${x(length - 'https://example.com/'.length)}`;

const labels = (count: number, length = 3) => times(count, (index) => String(index).padStart(length, '0'));
const chartBlock = (chart: object, title = 'Orders'): Block => ({ type: 'data_visualization', title, chart });
const bar = ({ series = 1, points = 2, name = 'a', label = 3, axis = {} } = {}): Block =>
  chartBlock({
    type: 'bar',
    series: times(series, (index) => ({
      name: series === 1 ? name : `s${index}`,
      data: labels(points, label).map((category) => ({ label: category, value: 1 })),
    })),
    axis_config: { categories: labels(points, label), ...axis },
  });
const pie = (segments: number, label = 3): Block =>
  chartBlock({ type: 'pie', segments: labels(segments, label).map((name) => ({ label: name, value: 1 })) });

/** For each limit: the limit, a message of a given size, and what Slack says to one more. */
const BOUNDARIES: [name: string, limit: number, make: (size: number) => Block[], problem: string][] = [
  [
    'blocks in a message',
    limits.BLOCKS_PER_MESSAGE_MAX,
    (size) => times(size, () => ({ type: 'divider' })),
    'no more than 50 items allowed [json-pointer:/blocks]',
  ],
  [
    'block_id',
    limits.BLOCK_ID_MAX,
    (size) => [{ type: 'divider', block_id: x(size) }],
    'must be less than 256 characters [json-pointer:/blocks/0/block_id]',
  ],
  [
    'header text',
    limits.HEADER_TEXT_MAX,
    (size) => [{ type: 'header', text: plain(x(size)) }],
    'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'section text',
    limits.SECTION_TEXT_MAX,
    (size) => [section(x(size))],
    'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'section fields',
    limits.SECTION_FIELDS_MAX,
    (size) => [{ type: 'section', fields: times(size, () => mrkdwn('a')) }],
    'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
  ],
  [
    'section field text',
    limits.SECTION_FIELD_TEXT_MAX,
    (size) => [{ type: 'section', fields: [mrkdwn('a'), mrkdwn(x(size))] }],
    'must be less than 2001 characters [json-pointer:/blocks/0/fields/1/text]',
  ],
  [
    'context elements',
    limits.CONTEXT_ELEMENTS_MAX,
    (size) => [{ type: 'context', elements: times(size, () => mrkdwn('a')) }],
    'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
  ],
  [
    'context text',
    limits.TEXT_OBJECT_MAX,
    (size) => [{ type: 'context', elements: [mrkdwn(x(size))] }],
    'must be less than 3001 characters [json-pointer:/blocks/0/elements/0/text]',
  ],
  [
    'actions elements',
    limits.ACTIONS_ELEMENTS_MAX,
    (size) => [{ type: 'actions', elements: times(size, () => ({ type: 'button', text: plain('a') })) }],
    'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
  ],
  [
    'button text',
    limits.BUTTON_TEXT_MAX,
    (size) => [button({ text: plain(x(size)) })],
    'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
  ],
  [
    'button url',
    limits.BUTTON_URL_MAX,
    (size) => [button({ url: address(size) })],
    'must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]',
  ],
  [
    'button value',
    limits.BUTTON_VALUE_MAX,
    (size) => [button({ value: x(size) })],
    'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
  ],
  [
    'action_id',
    limits.ACTION_ID_MAX,
    (size) => [button({ action_id: x(size) })],
    'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
  ],
  [
    'image url',
    limits.IMAGE_URL_MAX,
    (size) => [image({ image_url: address(size) })],
    'must be less than 3001 characters [json-pointer:/blocks/0/image_url]',
  ],
  [
    'image alt text',
    limits.IMAGE_ALT_TEXT_MAX,
    (size) => [image({ alt_text: x(size) })],
    'must be less than 2001 characters [json-pointer:/blocks/0/alt_text]',
  ],
  [
    'image title',
    limits.IMAGE_TITLE_MAX,
    (size) => [image({ title: plain(x(size)) })],
    'must be less than 2001 characters [json-pointer:/blocks/0/title/text]',
  ],
  [
    'markdown over two blocks',
    limits.MARKDOWN_TEXT_MAX_PER_MESSAGE,
    (size) => [
      { type: 'markdown', text: x(5_000) },
      { type: 'markdown', text: x(size - 5_000) },
    ],
    'must be less than 12001 characters [json-pointer:/blocks]',
  ],
  [
    'table rows',
    limits.TABLE_ROWS_MAX,
    (size) => [table(times(size, () => [cell('a')]))],
    'no more than 100 items allowed [json-pointer:/blocks/0/rows]',
  ],
  [
    'table cells',
    limits.TABLE_CELLS_PER_ROW_MAX,
    (size) => [table([times(size, () => cell('a'))])],
    'no more than 20 items allowed [json-pointer:/blocks/0/rows/0]',
  ],
  [
    'table column settings',
    limits.TABLE_COLUMN_SETTINGS_MAX,
    (size) => [table([[cell('a')]], { column_settings: times(size, () => ({ align: 'right' })) })],
    'no more than 20 items allowed [json-pointer:/blocks/0/column_settings]',
  ],
  [
    'characters in tables',
    limits.TABLE_CHARACTERS_MAX_PER_MESSAGE,
    (size) => [table([[cell(x(9_000)), cell(x(size - 9_000))]])],
    'must be less than 10001 characters [json-pointer:/blocks]',
  ],
  [
    'tables in a message',
    limits.TABLES_PER_MESSAGE_MAX,
    (size) => times(size, () => table([[cell('a')]])),
    'only_one_table_allowed [json-pointer:/blocks]',
  ],
  [
    'charts in a message',
    limits.CHARTS_PER_MESSAGE_MAX,
    (size) => times(size, () => bar()),
    'no more than 2 data_visualization blocks allowed [json-pointer:/blocks]',
  ],
  [
    'chart title',
    limits.CHART_TITLE_MAX,
    (size) => [{ ...bar(), title: x(size) }],
    'must be less than 51 characters [json-pointer:/blocks/0/title]',
  ],
  [
    'chart series',
    limits.CHART_SERIES_MAX,
    (size) => [bar({ series: size })],
    'no more than 6 items allowed [json-pointer:/blocks/0/chart/series]',
  ],
  [
    'chart segments',
    limits.CHART_SEGMENTS_MAX,
    (size) => [pie(size)],
    'no more than 6 items allowed [json-pointer:/blocks/0/chart/segments]',
  ],
  [
    'chart points',
    limits.CHART_POINTS_MAX,
    (size) => [bar({ points: size })],
    'no more than 20 items allowed [json-pointer:/blocks/0/chart/series/0/data]',
  ],
  [
    'chart label',
    limits.CHART_LABEL_MAX,
    (size) => [pie(1, size)],
    'must be less than 21 characters [json-pointer:/blocks/0/chart/segments/0/label]',
  ],
  [
    'chart category',
    limits.CHART_LABEL_MAX,
    (size) => [bar({ label: size })],
    'must be less than 21 characters [json-pointer:/blocks/0/chart/axis_config/categories/0]',
  ],
  [
    'chart series name',
    limits.CHART_LABEL_MAX,
    (size) => [bar({ name: x(size) })],
    'must be less than 21 characters [json-pointer:/blocks/0/chart/series/0/name]',
  ],
  [
    'chart axis label',
    limits.CHART_AXIS_LABEL_MAX,
    (size) => [bar({ axis: { y_label: x(size) } })],
    'must be less than 51 characters [json-pointer:/blocks/0/chart/axis_config/y_label]',
  ],
];

describe.each(BOUNDARIES)('%s: %i', (_, limit, make, problem) => {
  test('at the limit is acceptable', () => expect(blockProblems(make(limit))).toEqual([]));
  test('one more is refused', () => expect(blockProblems(make(limit + 1))).toContain(problem));
});
