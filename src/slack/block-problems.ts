import * as limits from './block-limits.ts';
import { chartProblems } from './chart-problems.ts';
import { asObject, asArray, at, atMost, characters, required, type Problems, type Json } from './problem-list.ts';

/**
 * Everything Slack would refuse in `blocks`, in Slack's own words and with Slack's json-pointers, for example
 * `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`. Empty when the message is acceptable.
 * Checks every block that slack-reports sends; another block type is reported as unsupported.
 */
export function blockProblems(blocks: unknown): string[] {
  if (!Array.isArray(blocks)) return [at('must be an array', '/blocks')];
  const problems: Problems = [];
  atMost(problems, blocks, limits.BLOCKS_PER_MESSAGE_MAX, '/blocks');
  for (const [index, block] of blocks.entries()) checkBlock(problems, block, `/blocks/${index}`);
  checkWholeMessage(problems, blocks.map(asObject));
  return problems;
}

function checkBlock(problems: Problems, value: unknown, pointer: string): void {
  const block = asObject(value);
  if (block['type'] === undefined) {
    problems.push(at('missing required field: type', pointer));
    return;
  }
  const type = typeof block['type'] === 'string' ? block['type'] : JSON.stringify(block['type']);
  const check = Object.hasOwn(BLOCK_CHECKS, type) ? BLOCK_CHECKS[type] : undefined;
  if (check === undefined) {
    problems.push(at(`unsupported type: ${type}`, `${pointer}/type`));
    return;
  }
  if (block['block_id'] !== undefined) {
    characters(problems, block['block_id'], limits.BLOCK_ID_MAX, `${pointer}/block_id`);
  }
  check(problems, block, pointer);
}

type BlockCheck = (problems: Problems, block: Json, pointer: string) => void;

const BLOCK_CHECKS: Readonly<Record<string, BlockCheck>> = {
  header: (problems, block, pointer) =>
    textObject(problems, block['text'], limits.HEADER_TEXT_MAX, `${pointer}/text`, ['plain_text']),
  section,
  context,
  divider: () => {},
  actions,
  image,
  table,
  data_visualization: chartProblems,
  // The markdown budget is counted over the whole message, below.
  markdown: (problems, block, pointer) => {
    required(problems, block, 'text', pointer);
    if (block['text'] !== undefined) characters(problems, block['text'], Infinity, `${pointer}/text`);
  },
};

const ANY_TEXT = ['plain_text', 'mrkdwn'];

function textObject(problems: Problems, value: unknown, max: number, pointer: string, types = ANY_TEXT): void {
  const text = asObject(value);
  if (value === undefined) {
    problems.push(at(`missing required field: ${pointer.slice(pointer.lastIndexOf('/') + 1)}`, parentOf(pointer)));
    return;
  }
  if (!types.includes(String(text['type']))) {
    problems.push(at(`unsupported type: ${String(text['type'])}`, `${pointer}/type`));
    return;
  }
  characters(problems, text['text'], max, `${pointer}/text`);
}

function section(problems: Problems, block: Json, pointer: string): void {
  const { text, fields, accessory } = block;
  if (text === undefined && fields === undefined) {
    problems.push(at('must define either `text` or `fields`', pointer));
  }
  if (text !== undefined) textObject(problems, text, limits.SECTION_TEXT_MAX, `${pointer}/text`);
  if (fields !== undefined) {
    const list = asArray(problems, fields, `${pointer}/fields`);
    atMost(problems, list, limits.SECTION_FIELDS_MAX, `${pointer}/fields`);
    for (const [index, field] of list.entries()) {
      textObject(problems, field, limits.SECTION_FIELD_TEXT_MAX, `${pointer}/fields/${index}`);
    }
  }
  if (accessory !== undefined) element(problems, accessory, `${pointer}/accessory`, ['button', 'image']);
}

function context(problems: Problems, block: Json, pointer: string): void {
  const elements = listOf(problems, block, 'elements', limits.CONTEXT_ELEMENTS_MAX, pointer);
  for (const [index, value] of elements.entries()) {
    const here = `${pointer}/elements/${index}`;
    if (asObject(value)['type'] === 'image') image(problems, asObject(value), here);
    else textObject(problems, value, limits.TEXT_OBJECT_MAX, here);
  }
}

function actions(problems: Problems, block: Json, pointer: string): void {
  const elements = listOf(problems, block, 'elements', limits.ACTIONS_ELEMENTS_MAX, pointer);
  for (const [index, value] of elements.entries()) {
    element(problems, value, `${pointer}/elements/${index}`, ['button']);
  }
}

function element(problems: Problems, value: unknown, pointer: string, types: string[]): void {
  const object = asObject(value);
  if (!types.includes(String(object['type']))) {
    problems.push(at(`unsupported type: ${String(object['type'])}`, `${pointer}/type`));
  } else if (object['type'] === 'image') {
    image(problems, object, pointer);
  } else {
    button(problems, object, pointer);
  }
}

function button(problems: Problems, object: Json, pointer: string): void {
  textObject(problems, object['text'], limits.BUTTON_TEXT_MAX, `${pointer}/text`, ['plain_text']);
  const { url, value, action_id: actionId } = object;
  if (url !== undefined) webAddress(problems, url, limits.BUTTON_URL_MAX, `${pointer}/url`);
  if (value !== undefined) characters(problems, value, limits.BUTTON_VALUE_MAX, `${pointer}/value`);
  if (actionId !== undefined) characters(problems, actionId, limits.ACTION_ID_MAX, `${pointer}/action_id`);
}

function image(problems: Problems, object: Json, pointer: string): void {
  if ((object['image_url'] === undefined) === (object['slack_file'] === undefined)) {
    problems.push(at('must define either `image_url` or `slack_file`', pointer));
  }
  if (object['image_url'] !== undefined) {
    webAddress(problems, object['image_url'], limits.IMAGE_URL_MAX, `${pointer}/image_url`);
  }
  required(problems, object, 'alt_text', pointer);
  if (object['alt_text'] !== undefined) {
    characters(problems, object['alt_text'], limits.IMAGE_ALT_TEXT_MAX, `${pointer}/alt_text`);
  }
  if (object['title'] !== undefined) {
    textObject(problems, object['title'], limits.IMAGE_TITLE_MAX, `${pointer}/title`, ['plain_text']);
  }
}

function webAddress(problems: Problems, value: unknown, max: number, pointer: string): void {
  characters(problems, value, max, pointer);
  if (typeof value === 'string' && value !== '' && !/^https?:\/\/[^\s]+$/i.test(value)) {
    problems.push(at('must be a valid URL', pointer));
  }
}

function table(problems: Problems, block: Json, pointer: string): void {
  const rows = listOf(problems, block, 'rows', limits.TABLE_ROWS_MAX, pointer);
  for (const [index, row] of rows.entries()) {
    const here = `${pointer}/rows/${index}`;
    const cells = asArray(problems, row, here);
    if (cells.length === 0) problems.push(at('no fewer than 1 items allowed', here));
    atMost(problems, cells, limits.TABLE_CELLS_PER_ROW_MAX, here);
    for (const [column, cell] of cells.entries()) tableCell(problems, asObject(cell), `${here}/${column}`);
  }
  if (block['column_settings'] !== undefined) {
    const settings = asArray(problems, block['column_settings'], `${pointer}/column_settings`);
    atMost(problems, settings, limits.TABLE_COLUMN_SETTINGS_MAX, `${pointer}/column_settings`);
  }
}

function tableCell(problems: Problems, cell: Json, pointer: string): void {
  const type = String(cell['type']);
  if (type === 'raw_text' || type === 'raw_number') {
    characters(problems, cell['text'], Infinity, `${pointer}/text`);
    if (type === 'raw_number' && !Number.isFinite(cell['value'])) {
      problems.push(at('must be a number', `${pointer}/value`));
    }
  } else if (type !== 'rich_text') {
    problems.push(at(`unsupported type: ${type}`, `${pointer}/type`));
  }
}

/** The limits that no single block can break. */
function checkWholeMessage(problems: Problems, blocks: Json[]): void {
  const seen = new Set<unknown>();
  for (const [index, block] of blocks.entries()) {
    const id = block['block_id'];
    if (id !== undefined && seen.has(id)) {
      problems.push(at('block_id already exists', `/blocks/${index}/block_id`));
    }
    seen.add(id);
  }
  const ofType = (type: string) => blocks.filter((block) => block['type'] === type);
  if (ofType('table').length > limits.TABLES_PER_MESSAGE_MAX) problems.push(at('only_one_table_allowed', '/blocks'));
  if (ofType('data_visualization').length > limits.CHARTS_PER_MESSAGE_MAX) {
    problems.push(at(`no more than ${limits.CHARTS_PER_MESSAGE_MAX} data_visualization blocks allowed`, '/blocks'));
  }
  budget(
    problems,
    ofType('table').map((block) => textIn(block['rows'])),
    limits.TABLE_CHARACTERS_MAX_PER_MESSAGE,
  );
  budget(
    problems,
    ofType('markdown').map((block) => textIn(block['text'])),
    limits.MARKDOWN_TEXT_MAX_PER_MESSAGE,
  );
}

function budget(problems: Problems, sizes: number[], max: number): void {
  if (sizes.reduce((sum, size) => sum + size, 0) > max) {
    problems.push(at(`must be less than ${max + 1} characters`, '/blocks'));
  }
}

/** Characters of every `text` inside a cell, however deep rich text nests it. */
function textIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textIn(item), 0);
  const { text, elements } = asObject(value);
  return textIn(text ?? []) + textIn(elements ?? []);
}

function listOf(problems: Problems, block: Json, field: string, max: number, pointer: string): unknown[] {
  required(problems, block, field, pointer);
  if (block[field] === undefined) return [];
  const list = asArray(problems, block[field], `${pointer}/${field}`);
  if (list.length === 0) problems.push(at('no fewer than 1 items allowed', `${pointer}/${field}`));
  atMost(problems, list, max, `${pointer}/${field}`);
  return list;
}

function parentOf(pointer: string): string {
  return pointer.slice(0, pointer.lastIndexOf('/'));
}
