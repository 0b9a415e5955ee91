import * as limits from './block-limits.ts';
import type { DataVisualizationBlock } from './data-visualization.ts';
import { asObject, isObject, type Json } from './json.ts';
import { at, Findings } from './rules.ts';
import { INTERACTIVE_TYPES, messageBlock } from './schema.ts';

export { at } from './rules.ts';

/**
 * Everything Slack would refuse in `blocks`, in Slack's own words and with Slack's json-pointers, for example
 * `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`. Empty when the message is acceptable.
 * Every property of a known type is checked. A type that is not known here passes; `blockRemarks` names it.
 */
export function blockProblems(blocks: unknown): string[] {
  return examine(blocks).problems;
}

/** What `blockProblems` could not check, because its type is not known here, or what Slack may refuse. */
export function blockRemarks(blocks: unknown): string[] {
  return examine(blocks).remarks;
}

/**
 * Buttons, menus and the like. Slack tells the app of every use, also of a button that only opens a page, and warns the person
 * who used it if the app does not acknowledge that (node-slack-sdk#869).
 */
export function interactionRemarks(blocks: unknown): string[] {
  const found: string[] = [];
  const visit = (value: unknown, pointer: string): void => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, `${pointer}/${index}`);
    if (!isObject(value)) return;
    const { type } = value;
    if (typeof type === 'string' && INTERACTIVE_TYPES.has(type)) found.push(at(`${type}: ${UNACKNOWLEDGED}`, pointer));
    for (const [key, item] of Object.entries(value)) visit(item, `${pointer}/${key}`);
  };
  visit(blocks, '/blocks');
  return found;
}

const UNACKNOWLEDGED =
  'Slack shows "This app is not configured to handle interactive responses" when it is used, unless your app acknowledges it';

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
  if (asObject(value)['type'] !== 'data_visualization') return false;
  const findings = new Findings();
  messageBlock(findings, value, '');
  return findings.problems.length === 0;
}

function examine(blocks: unknown): Findings {
  const findings = new Findings();
  if (!Array.isArray(blocks)) {
    findings.refuse('must be an array', '/blocks');
    return findings;
  }
  const max = limits.BLOCKS_PER_MESSAGE_MAX;
  if (blocks.length > max) findings.refuse(`no more than ${max} items allowed`, '/blocks');
  for (const [index, block] of blocks.entries()) messageBlock(findings, block, `/blocks/${index}`);
  checkWholeMessage(findings, blocks.map(asObject));
  return findings;
}

/** The limits that no single block can break. */
function checkWholeMessage(findings: Findings, blocks: Json[]): void {
  const seen = new Set<unknown>();
  for (const [index, block] of blocks.entries()) {
    const id = block['block_id'];
    if (id !== undefined && seen.has(id)) {
      findings.refuse('block_id already exists', `/blocks/${index}/block_id`);
    }
    seen.add(id);
  }
  checkActionIds(findings, blocks);
  const ofType = (type: string) => blocks.filter((block) => block['type'] === type);
  if (ofType('table').length > limits.TABLES_PER_MESSAGE_MAX) findings.refuse('only_one_table_allowed', '/blocks');
  if (ofType('data_visualization').length > limits.CHARTS_PER_MESSAGE_MAX) {
    findings.refuse(`no more than ${limits.CHARTS_PER_MESSAGE_MAX} data_visualization blocks allowed`, '/blocks');
  }
  const budget = (type: string, field: string, max: number) => {
    const size = ofType(type).reduce((sum, block) => sum + textIn(block[field]), 0);
    if (size > max) findings.refuse(`must be less than ${max + 1} characters`, '/blocks');
  };
  budget('table', 'rows', limits.TABLE_CHARACTERS_MAX_PER_MESSAGE);
  budget('data_table', 'rows', limits.DATA_TABLE_CHARACTERS_MAX_PER_MESSAGE);
  budget('markdown', 'text', limits.MARKDOWN_TEXT_MAX_PER_MESSAGE);
}

/**
 * Slack refuses an `action_id` that stands twice in a message (fabro#251), although its docs only ask that it be unique in
 * its block.
 */
function checkActionIds(findings: Findings, blocks: readonly Json[]): void {
  const seen = new Set<string>();
  const visit = (value: unknown, pointer: string): void => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, `${pointer}/${index}`);
    if (!isObject(value)) return;
    const id = value['action_id'];
    if (typeof id === 'string') {
      if (seen.has(id)) findings.refuse(`action_id "${id}" already exists for another element`, pointer);
      seen.add(id);
    }
    for (const [key, item] of Object.entries(value)) visit(item, `${pointer}/${key}`);
  };
  for (const [index, block] of blocks.entries()) visit(block, `/blocks/${index}`);
}

/** Characters of every `text` inside a cell, however deep rich text nests it. */
function textIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textIn(item), 0);
  const { text, elements } = asObject(value);
  return textIn(text ?? []) + textIn(elements ?? []);
}
