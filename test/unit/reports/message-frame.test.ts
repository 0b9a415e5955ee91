import { expect, test } from 'vitest';
import { section } from '../../../src/reports/blocks/blocks.ts';
import { lateLine } from '../../../src/reports/message-frame.ts';
import { toMessage } from '../../../src/reports/message.ts';
import { BLOCKS_PER_MESSAGE_MAX } from '../../../src/slack/block-kit/block-limits.ts';

const dueAt = new Date('2026-11-23T08:00:00Z');
const reason = 'nothing was running';

test.each([
  ['2026-11-23T08:42:10Z', 'Europe/Berlin', 'Due 09:00, posted 09:42: nothing was running'],
  ['2026-11-23T08:42:10Z', undefined, 'Due 08:00 UTC, posted 08:42 UTC: nothing was running'],
  ['2026-11-23T16:00:00Z', 'Asia/Tokyo', 'Due 2026-11-23 17:00, posted 2026-11-24 01:00: nothing was running'],
])('posted at %s in %s', (postedAt, timezone, line) => {
  expect(lateLine({ dueAt, postedAt: new Date(postedAt), timezone, reason })).toBe(line);
});

test('the line stands above the report, and is not what is cut of a report that is too long', () => {
  const blocks = Array.from({ length: BLOCKS_PER_MESSAGE_MAX }, (_, index) => section(`Block ${index}`));
  const message = toMessage('long', { text: 'Long', blocks }, 'Due <09:00>');
  // Two are kept free for the small print.
  expect(message.blocks).toHaveLength(BLOCKS_PER_MESSAGE_MAX - 2);
  expect(JSON.stringify(message.blocks[0])).toContain('Due &lt;09:00&gt;');
  expect(JSON.stringify(message.blocks.at(-1))).toContain('4 more blocks did not fit');
  expect(message.text).toBe('Long');
});

test('a message without blocks has it in its text, which is shown as a paragraph', () => {
  expect(toMessage('text', { text: 'Hello', blocks: [] }, 'Due 09:00')).toEqual({
    text: 'Due 09:00\nHello',
    blocks: [section('Due 09:00\nHello')],
  });
});
