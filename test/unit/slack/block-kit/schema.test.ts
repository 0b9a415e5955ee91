import { describe, expect, test } from 'vitest';
import { blockProblems, blockRemarks } from '../../../../src/slack/block-kit/block-problems.ts';
import { knownProperties } from '../../../../src/slack/block-kit/schema.ts';
import { declaredIn } from '../../../support/slack-types.ts';

/** What Slack's docs have and `@slack/types` does not. */
const NEWER: Record<string, string[]> = {
  emoji: ['skin_tone'],
  rich_text_list: ['offset'],
};
const NEWER_BLOCKS = ['data_visualization'];

describe('the validator has exactly the properties that @slack/types has', () => {
  const known = knownProperties();
  const types = { blocks: declaredIn('blocks'), elements: declaredIn('block-elements') };

  test('of every block', () => {
    const { data_visualization: _, ...blocks } = known.blocks;
    expect(blocks).toEqual(types.blocks);
    expect(NEWER_BLOCKS.every((type) => Object.hasOwn(known.blocks, type))).toBe(true);
    expect(Object.keys(types.blocks).length).toBeGreaterThan(15);
  });

  test('of every element', () => {
    const { raw_number: _, raw_text: __, ...elements } = known.elements;
    const declared = Object.entries(types.elements).map(([type, { required, optional }]) => [
      type,
      { required, optional: [...optional, ...(NEWER[type] ?? [])].toSorted() },
    ]);
    expect(elements).toEqual(Object.fromEntries(declared));
    expect(declared.length).toBeGreaterThan(35);
  });
});

const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const option = (text: string) => ({ text: plain(text), value: text });
const richText = (...elements: object[]) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements }],
});
const actions = (...elements: object[]) => [{ type: 'actions', elements }];
const button = (more: object = {}) => ({ type: 'button', text: plain('Open'), ...more });
const IMAGE = { type: 'image', image_url: 'https://example.com/a.png', alt_text: 'a' };
const SECTION = { type: 'section', text: mrkdwn('a') };

describe('what Slack takes passes', () => {
  test.each<[string, object[]]>([
    [
      'rich text with every kind of element',
      [
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'text', text: '*as it is*', style: { bold: true, code: true } },
                { type: 'link', url: 'https://example.com', text: 'x', unsafe: false },
                { type: 'emoji', name: 'wave', unicode: '1f44b', skin_tone: 2 },
                { type: 'user', user_id: 'U1', style: { highlight: true } },
                { type: 'usergroup', usergroup_id: 'S1' },
                { type: 'channel', channel_id: 'C1' },
                { type: 'broadcast', range: 'here' },
                { type: 'team', team_id: 'T1' },
                { type: 'color', value: '#ff0000' },
                { type: 'date', timestamp: 1_700_000_000, format: '{date}', fallback: 'then' },
              ],
            },
            {
              type: 'rich_text_list',
              style: 'ordered',
              indent: 1,
              offset: 3,
              border: 0,
              elements: [{ type: 'rich_text_section', elements: [] }],
            },
            { type: 'rich_text_quote', border: 1, elements: [{ type: 'text', text: 'q' }] },
            { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'p' }] },
          ],
        },
      ],
    ],
    [
      'a data table',
      [
        {
          type: 'data_table',
          caption: 'Orders',
          page_size: 20,
          row_header_column_index: 0,
          rows: [
            [
              { type: 'raw_text', text: 'Name' },
              { type: 'raw_text', text: 'Total' },
            ],
            [richText({ type: 'text', text: 'Acme' }), { type: 'raw_number', text: '1', value: 1 }],
          ],
        },
      ],
    ],
    [
      'a video',
      [
        {
          type: 'video',
          video_url: 'https://example.com/v',
          thumbnail_url: 'https://example.com/t.png',
          alt_text: 'v',
          title: plain('V'),
          author_name: 'A',
        },
      ],
    ],
    ['a remote file', [{ type: 'file', source: 'remote', external_id: 'x' }]],
    [
      'feedback buttons',
      [
        {
          type: 'context_actions',
          elements: [
            {
              type: 'feedback_buttons',
              action_id: 'f',
              positive_button: { text: plain('Good'), value: 'good' },
              negative_button: { text: plain('Bad'), value: 'bad' },
            },
            { type: 'icon_button', icon: 'trash', text: plain('Delete') },
          ],
        },
      ],
    ],
    [
      'menus and pickers',
      [
        ...actions(
          { type: 'overflow', options: [option('a'), { text: plain('b'), url: 'https://example.com' }] },
          { type: 'static_select', placeholder: plain('Choose'), options: [option('a')], initial_option: option('a') },
          { type: 'multi_users_select', max_selected_items: 2 },
          { type: 'conversations_select', filter: { include: ['public'] } },
          { type: 'datepicker', initial_date: '2026-11-24', confirm: { text: plain('Sure?') } },
          { type: 'timepicker', initial_time: '09:00', timezone: 'Europe/Berlin' },
          { type: 'checkboxes', options: [{ text: mrkdwn('*a*'), value: 'a' }] },
          { type: 'workflow_button', text: plain('Run'), workflow: { trigger: { url: 'https://slack.com/x' } } },
        ),
        { ...SECTION, accessory: { type: 'radio_buttons', options: [option('a')] } },
        { type: 'input', label: plain('Name'), element: { type: 'plain_text_input', multiline: true } },
      ],
    ],
    [
      'cards',
      [
        {
          type: 'carousel',
          elements: [{ type: 'card', title: mrkdwn('Acme'), hero_image: IMAGE, actions: [button()] }],
        },
        { type: 'container', title: plain('Details'), is_collapsible: true, child_blocks: [SECTION] },
        { type: 'plan', title: 'Plan', tasks: [{ type: 'task_card', task_id: '1', title: 'T', status: 'complete' }] },
      ],
    ],
  ])('%s', (_, blocks) => {
    expect(blockProblems(blocks)).toEqual([]);
    expect(blockRemarks(blocks)).toEqual([]);
  });
});

describe('what Slack refuses is refused:', () => {
  const cell = { type: 'raw_text', text: 'a' };
  test.each<[string, object[], string]>([
    [
      'an action_id twice in a block',
      actions(button({ action_id: 'a' }), button({ action_id: 'a' })),
      'action_id "a" already exists for another element [json-pointer:/blocks/0/elements/1]',
    ],
    [
      'an action_id twice in a message',
      [...actions(button({ action_id: 'a' })), { ...SECTION, accessory: button({ action_id: 'a' }) }],
      'action_id "a" already exists for another element [json-pointer:/blocks/1/accessory]',
    ],
    [
      'an unknown property of a block',
      [{ ...SECTION, colour: 'red' }],
      'invalid additional property: colour [json-pointer:/blocks/0]',
    ],
    [
      'an unknown property of an element',
      actions(button({ disabled: true })),
      'invalid additional property: disabled [json-pointer:/blocks/0/elements/0]',
    ],
    [
      'an unknown property of a text',
      [{ type: 'section', text: { ...mrkdwn('a'), emoji: true } }],
      'invalid additional property: emoji [json-pointer:/blocks/0/text]',
    ],
    [
      'a setting of a column that is null',
      [{ type: 'table', rows: [[cell]], column_settings: [null] }],
      'must be an object [json-pointer:/blocks/0/column_settings/0]',
    ],
    [
      'an unknown style',
      actions(button({ style: 'blue' })),
      'must be a valid enum value (primary, danger) [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      'an empty confirmation',
      actions(button({ confirm: {} })),
      'missing required field: text [json-pointer:/blocks/0/elements/0/confirm]',
    ],
    [
      'a file that names nothing',
      [{ type: 'image', alt_text: 'a', slack_file: {} }],
      'must define either `id` or `url` [json-pointer:/blocks/0/slack_file]',
    ],
    [
      'a file that is named twice',
      [{ type: 'image', alt_text: 'a', slack_file: { id: 'F1', url: 'https://files.slack.com/F1' } }],
      'must define either `id` or `url` [json-pointer:/blocks/0/slack_file]',
    ],
    [
      'rows of several lengths in a data table',
      [{ type: 'data_table', caption: 'x', rows: [[cell, cell], [cell]] }],
      'must have equal numbers of cells in all rows [json-pointer:/blocks/0/rows]',
    ],
    [
      'an alert, which modals have',
      [{ type: 'alert', text: plain('a') }],
      'unsupported type: alert [json-pointer:/blocks/0/type]',
    ],
    [
      'a known element in the wrong place',
      [{ type: 'context', elements: [button()] }],
      'unsupported type: button [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      'options and groups of options at once',
      actions({
        type: 'static_select',
        options: [option('a')],
        option_groups: [{ label: plain('g'), options: [option('a')] }],
      }),
      'must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]',
    ],
    ['a flag that is none', [{ ...SECTION, expand: 'yes' }], 'must be a boolean [json-pointer:/blocks/0/expand]'],
    [
      'a page of no rows',
      [{ type: 'data_table', caption: 'x', rows: [[cell]], page_size: 0 }],
      'must be greater than or equal to 1 [json-pointer:/blocks/0/page_size]',
    ],
    [
      'an empty text in rich text',
      [richText({ type: 'text', text: '' })],
      'must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]',
    ],
    ['no text object', [{ type: 'section', text: 'a' }], 'must be an object [json-pointer:/blocks/0/text]'],
    ['null for a block', [null as unknown as object], 'must be an object [json-pointer:/blocks/0]'],
  ])('%s', (_, blocks, problem) => expect(blockProblems(blocks)).toEqual([problem]));
});

describe('a type that is not known here passes with a remark:', () => {
  test.each<[string, object[], string]>([
    [
      'a block',
      [{ type: 'hologram', anything: [1] }],
      'type "hologram" is not known here, so it was not checked [json-pointer:/blocks/0]',
    ],
    [
      'a block with a name that every object has',
      [{ type: 'toString' }],
      'type "toString" is not known here, so it was not checked [json-pointer:/blocks/0]',
    ],
    [
      'an element',
      actions({ type: 'slider', min: 1 }),
      'type "slider" is not known here, so it was not checked [json-pointer:/blocks/0/elements/0]',
    ],
    [
      'a part of rich text',
      [richText({ type: 'poll' })],
      'type "poll" is not known here, so it was not checked [json-pointer:/blocks/0/elements/0/elements/0]',
    ],
  ])('%s', (_, blocks, remark) => {
    expect(blockProblems(blocks)).toEqual([]);
    expect(blockRemarks(blocks)).toEqual([remark]);
  });
});
