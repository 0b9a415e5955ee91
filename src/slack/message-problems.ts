import * as limits from './block-limits.ts';
import { blockProblems } from './block-problems.ts';
import { isObject } from './problem-list.ts';

/** Everything that Slack would refuse, or would not show as it is meant, in a message with blocks. Empty when all is well. */
export function messageProblems({ text, blocks }: { text: string; blocks: unknown }): string[] {
  const problems = blockProblems(blocks);
  const size = blockText(blocks);
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

/** Characters of all that the blocks show, and of their addresses. */
export function blockText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + blockText(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (typeof item === 'string' && !NOT_SHOWN.has(key) ? item.length : blockText(item)),
    0,
  );
}

const NOT_SHOWN = new Set(['type', 'block_id', 'action_id', 'value', 'style', 'align']);
