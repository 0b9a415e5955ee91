import * as limits from './block-limits.ts';
import type { DataVisualizationBlock } from './data-visualization.ts';
import { asObject, isObject, type Json } from './json.ts';

/** What is wrong with a message; each check below appends what it finds, in Slack's wording. */
type Problems = string[];

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

/** Everything that Slack would refuse, or show in another way than meant, in a message with blocks. Empty when there is nothing. */
export function messageProblems({ text, blocks }: { text: string; blocks: unknown }): string[] {
  const problems = blockProblems(blocks);
  const size = blockTextLength(blocks);
  if (size > limits.BLOCK_TEXT_MAX_PER_MESSAGE) {
    problems.push(
      `msg_blocks_too_long: ${size} characters in all blocks, ${limits.BLOCK_TEXT_MAX_PER_MESSAGE} allowed`,
    );
  }
  if (text.trim() === '') problems.push('no_text: phones and screen readers would have nothing to show');
  if (text.length > limits.TEXT_SPLIT_AT) {
    problems.push(`msg_too_long: ${text.length} characters in text, ${limits.TEXT_SPLIT_AT} allowed`);
  }
  return problems;
}

/** The characters of everything that blocks show, and of their addresses. */
export function blockTextLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + blockTextLength(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (typeof item === 'string' && !NOT_SHOWN.has(key) ? item.length : blockTextLength(item)),
    0,
  );
}

const NOT_SHOWN = new Set(['type', 'block_id', 'action_id', 'value', 'style', 'align']);

/** Whether a chart block follows Slack's rules, so that it can be drawn. */
export function isChartBlock(value: unknown): value is DataVisualizationBlock {
  const problems: Problems = [];
  checkChart(problems, asObject(value), '');
  return problems.length === 0;
}

/** Adds the JSON pointer that Slack puts after each of its messages. */
export function at(message: string, pointer: string): string {
  return `${message} [json-pointer:${pointer}]`;
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
  data_visualization: checkChart,
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
  const elements = itemsOf(problems, block, 'elements', limits.CONTEXT_ELEMENTS_MAX, pointer);
  for (const [index, value] of elements.entries()) {
    const here = `${pointer}/elements/${index}`;
    if (asObject(value)['type'] === 'image') image(problems, asObject(value), here);
    else textObject(problems, value, limits.TEXT_OBJECT_MAX, here);
  }
}

function actions(problems: Problems, block: Json, pointer: string): void {
  const elements = itemsOf(problems, block, 'elements', limits.ACTIONS_ELEMENTS_MAX, pointer);
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
  const rows = itemsOf(problems, block, 'rows', limits.TABLE_ROWS_MAX, pointer);
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

function itemsOf(problems: Problems, block: Json, field: string, max: number, pointer: string): unknown[] {
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

/** One data_visualization block; its shape is `DataVisualizationBlock`. */
function checkChart(problems: Problems, block: Json, pointer: string): void {
  required(problems, block, 'title', pointer);
  if (block['title'] !== undefined) characters(problems, block['title'], limits.CHART_TITLE_MAX, `${pointer}/title`);
  required(problems, block, 'chart', pointer);
  if (block['chart'] === undefined) return;

  const chart = asObject(block['chart']);
  const here = `${pointer}/chart`;
  if (chart['type'] === 'pie') pie(problems, chart, here);
  else if (['bar', 'line', 'area'].includes(String(chart['type']))) seriesChart(problems, chart, here);
  else problems.push(at(`unsupported type: ${String(chart['type'])}`, `${here}/type`));
}

function pie(problems: Problems, chart: Json, pointer: string): void {
  const segments = someOf(problems, chart['segments'], limits.CHART_SEGMENTS_MAX, `${pointer}/segments`);
  for (const [index, value] of segments.entries()) {
    const here = `${pointer}/segments/${index}`;
    const segment = chartPoint(problems, value, here);
    if (typeof segment['value'] === 'number' && segment['value'] <= 0) {
      problems.push(at('must be greater than 0', `${here}/value`));
    }
  }
}

function seriesChart(problems: Problems, chart: Json, pointer: string): void {
  const axis = asObject(chart['axis_config']);
  required(problems, chart, 'axis_config', pointer);
  const categories = someOf(problems, axis['categories'], limits.CHART_POINTS_MAX, `${pointer}/axis_config/categories`);
  for (const [index, category] of categories.entries()) {
    characters(problems, category, limits.CHART_LABEL_MAX, `${pointer}/axis_config/categories/${index}`);
  }
  unique(problems, categories, `${pointer}/axis_config/categories`);
  for (const label of ['x_label', 'y_label']) {
    if (axis[label] !== undefined) {
      characters(problems, axis[label], limits.CHART_AXIS_LABEL_MAX, `${pointer}/axis_config/${label}`);
    }
  }

  const series = someOf(problems, chart['series'], limits.CHART_SERIES_MAX, `${pointer}/series`).map(asObject);
  for (const [index, one] of series.entries()) {
    const here = `${pointer}/series/${index}`;
    characters(problems, one['name'], limits.CHART_LABEL_MAX, `${here}/name`);
    const points = someOf(problems, one['data'], limits.CHART_POINTS_MAX, `${here}/data`);
    const labels = points.map((value, nth) => chartPoint(problems, value, `${here}/data/${nth}`)['label']);
    if (!sameMembers(labels, categories)) {
      problems.push(at('labels must match axis_config.categories', `${here}/data`));
    }
  }
  unique(
    problems,
    series.map((one) => one['name']),
    `${pointer}/series`,
  );
}

function chartPoint(problems: Problems, value: unknown, pointer: string): Json {
  const object = asObject(value);
  characters(problems, object['label'], limits.CHART_LABEL_MAX, `${pointer}/label`);
  if (!Number.isFinite(object['value'])) problems.push(at('must be a number', `${pointer}/value`));
  return object;
}

function someOf(problems: Problems, value: unknown, max: number, pointer: string): unknown[] {
  const list = asArray(problems, value, pointer);
  if (Array.isArray(value) && list.length === 0) problems.push(at('no fewer than 1 items allowed', pointer));
  atMost(problems, list, max, pointer);
  return list;
}

function unique(problems: Problems, values: unknown[], pointer: string): void {
  if (new Set(values).size !== values.length) problems.push(at('must be unique', pointer));
}

function sameMembers(left: unknown[], right: unknown[]): boolean {
  return left.length === right.length && left.every((value) => right.includes(value));
}

function asArray(problems: Problems, value: unknown, pointer: string): unknown[] {
  if (Array.isArray(value)) return value;
  problems.push(at('must be an array', pointer));
  return [];
}

function required(problems: Problems, object: Json, field: string, pointer: string): void {
  if (object[field] === undefined) problems.push(at(`missing required field: ${field}`, pointer));
}

function atMost(problems: Problems, list: unknown[], max: number, pointer: string): void {
  if (list.length > max) problems.push(at(`no more than ${max} items allowed`, pointer));
}

/** 1 to `max` characters. */
function characters(problems: Problems, value: unknown, max: number, pointer: string): void {
  if (typeof value !== 'string') problems.push(at('must be a string', pointer));
  else if (value.length === 0) problems.push(at('must be more than 0 characters', pointer));
  else if (value.length > max) problems.push(at(`must be less than ${max + 1} characters`, pointer));
}
