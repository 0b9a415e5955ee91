import { describe, expect, test } from 'vitest';
import { blockProblems } from '../../../../src/slack/block-kit/block-problems.ts';

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const table = (rows: unknown[][]) => ({ type: 'table', rows });
const chartBlock = (chart: object) => ({ type: 'data_visualization', title: 'Orders', chart });
const points = [
  { label: 'Mon', value: 1 },
  { label: 'Tue', value: 2 },
];

describe('a block is refused for', () => {
  test.each<[string, unknown, string]>([
    ['no array', {}, 'must be an array [json-pointer:/blocks]'],
    ['no object', ['text'], 'must be an object [json-pointer:/blocks/0]'],
    ['no type', [{ text: 'a' }], 'missing required field: type [json-pointer:/blocks/0]'],
    ['a header without text', [{ type: 'header' }], 'missing required field: text [json-pointer:/blocks/0]'],
    [
      'mrkdwn in a header',
      [{ type: 'header', text: mrkdwn('a') }],
      'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
    ],
    [
      'an empty text',
      [{ type: 'section', text: mrkdwn('') }],
      'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
    ],
    ['an empty section', [{ type: 'section' }], 'must define either `text` or `fields` [json-pointer:/blocks/0]'],
    [
      'no alt text',
      [{ type: 'image', image_url: 'https://example.com/a.png' }],
      'missing required field: alt_text [json-pointer:/blocks/0]',
    ],
    [
      'a link that is none',
      [
        {
          type: 'actions',
          elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' }, url: 'javascript:x' }],
        },
      ],
      'must be a valid URL [json-pointer:/blocks/0/elements/0/url]',
    ],
    [
      'two blocks of one id',
      [
        { type: 'divider', block_id: 'a' },
        { type: 'divider', block_id: 'a' },
      ],
      'block_id already exists [json-pointer:/blocks/1/block_id]',
    ],
    ['an empty table', [table([])], 'no fewer than 1 items allowed [json-pointer:/blocks/0/rows]'],
    [
      'an empty cell',
      [table([[{ type: 'raw_text', text: '' }]])],
      'must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]',
    ],
    [
      'a pie with nothing in a segment',
      [chartBlock({ type: 'pie', segments: [{ label: 'a', value: 0 }] })],
      'must be greater than 0 [json-pointer:/blocks/0/chart/segments/0/value]',
    ],
    [
      'categories that the points do not match',
      [
        chartBlock({
          type: 'bar',
          series: [{ name: 'a', data: points }],
          axis_config: { categories: ['Mon', 'Wed'] },
        }),
      ],
      'labels must match axis_config.categories [json-pointer:/blocks/0/chart/series/0/data]',
    ],
    [
      'an unknown chart',
      [chartBlock({ type: 'donut' })],
      'unsupported type: donut [json-pointer:/blocks/0/chart/type]',
    ],
  ])('%s', (_, blocks, problem) => expect(blockProblems(blocks)).toContain(problem));
});
