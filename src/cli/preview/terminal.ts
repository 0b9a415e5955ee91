import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { fileOfPicture } from '../../reports/blocks/blocks.ts';
import type { MessageFile, ReportMessage } from '../../reports/message.ts';
import { specOf } from '../../slack/charts/chart-spec.ts';
import type { DataVisualizationBlock } from '../../slack/block-kit/data-visualization.ts';
import { asObject, type Json } from '../../slack/block-kit/json.ts';
import { bars } from './bars.ts';

const RULE = '─'.repeat(60);

/** The message in a terminal: what phones show, then the blocks one below the other, and what is in its thread. */
export function messageText({ text, blocks, thread = [], files = [] }: ReportMessage): string {
  const shown = (all: readonly unknown[]) => all.map((block) => blockText(asObject(block), files));
  const posts = thread.flatMap(({ blocks: own, attached = [] }, nth) => [
    style('dim', `── Thread post ${nth + 1} ${RULE}`.slice(0, RULE.length)),
    ...shown(own),
    ...attached.map((place) => `[file: ${files[place]?.name}] ${style('dim', files[place]?.about ?? '')}`),
  ]);
  return [`${style('dim', 'On phones:')} ${mrkdwn(text)}`, ...shown(blocks), ...posts].join('\n\n');
}

function blockText(block: Json, files: readonly MessageFile[]): string {
  const chart = files[fileOfPicture(block) ?? -1]?.chart;
  if (chart !== undefined) return `[picture] ${bars(chart)}`;
  switch (block['type']) {
    case 'header':
      return style('bold', textOf(block['text']));
    case 'section':
      return section(block);
    case 'context':
      return style('dim', listOf(block['elements']).map(textOf).join('  '));
    case 'divider':
      return style('dim', RULE);
    case 'actions':
      return listOf(block['elements'])
        .map((element) => `[ ${textOf(element['text'])} ] ${style('dim', wordOf(element['url']))}`)
        .join('\n');
    case 'image':
      return `[image: ${wordOf(block['alt_text'])}] ${style('dim', wordOf(block['image_url']))}`;
    case 'rich_text':
      return listOf(block['elements']).map(richParagraph).join('\n');
    case 'table':
      return table(block);
    case 'data_visualization':
      return bars(specOf(block as unknown as DataVisualizationBlock));
    default:
      return JSON.stringify(block, null, 2);
  }
}

function section({ text, fields }: Json): string {
  const parts = text === undefined ? [] : [textOf(text)];
  const columns = listOf(fields).map((field) => textOf(field).split('\n'));
  for (let at = 0; at < columns.length; at += 2) parts.push(sideBySide(columns[at] ?? [], columns[at + 1] ?? []));
  return parts.join('\n');
}

function sideBySide(left: readonly string[], right: readonly string[]): string {
  const lines = Math.max(left.length, right.length);
  return Array.from({ length: lines }, (_, at) => `${padEnd(left[at] ?? '', 30)}  ${right[at] ?? ''}`.trimEnd()).join(
    '\n',
  );
}

function table(block: Json): string {
  const rows = (block['rows'] as Json[][]).map((row) => row.map(cellText));
  const settings = listOf(block['column_settings']);
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => stringWidth(row[at] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (settings[at]?.['align'] === 'right' ? padStart : padEnd)(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [style('bold', lines[0] ?? ''), ...lines.slice(1)].join('\n');
}

function cellText(cell: Json): string {
  return cell['type'] === 'rich_text' ? listOf(cell['elements']).map(richParagraph).join(' ') : wordOf(cell['text']);
}

function richParagraph({ type, elements }: Json): string {
  if (type === 'rich_text_list')
    return listOf(elements)
      .map((item) => `• ${richParagraph(item)}`)
      .join('\n');
  const text = listOf(elements).map(richInline).join('');
  return type === 'rich_text_quote' ? text.replaceAll(/^/gm, '│ ') : text;
}

/** Text of rich text has no markup in it. */
function richInline(inline: Json): string {
  const { text, url, style: look, name, range, fallback } = inline;
  const id = [inline['user_id'], inline['usergroup_id'], inline['channel_id'], range]
    .map(wordOf)
    .find((word) => word !== '');
  if (id !== undefined) return style('cyan', inline['channel_id'] === undefined ? `@${id}` : `#${id}`);
  if (name !== undefined) return `:${wordOf(name)}:`;
  if (fallback !== undefined) return wordOf(fallback);
  const shown = url === undefined ? wordOf(text) : `${wordOf(text) || wordOf(url)} (${wordOf(url)})`;
  const { bold, italic } = asObject(look);
  const slanted = italic === true ? style('italic', shown) : shown;
  return bold === true ? style('bold', slanted) : slanted;
}

/** Slack's markup as a terminal can show it. */
function mrkdwn(text: string): string {
  return text
    .replaceAll(/<([^<>]+)>/g, (_, inside: string) => markup(inside))
    .replaceAll(/(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]*[^\s*])\*(?![\p{L}\p{N}*])/gu, (_, bold: string) =>
      style('bold', bold),
    )
    .replaceAll(/(?<![\p{L}\p{N}_])_(?=\S)([^_\n]*[^\s_])_(?![\p{L}\p{N}_])/gu, (_, italic: string) =>
      style('italic', italic),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function markup(inside: string): string {
  // A label may have further bars.
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? undefined : inside.slice(bar + 1);
  if (target.startsWith('!date^')) return label ?? target;
  if (/^[!@#]/.test(target)) return style('cyan', label ?? target.replace(/^!(?:subteam\^)?/, '@'));
  return label === undefined ? target : `${label} (${target})`;
}

function textOf(value: unknown): string {
  const { type, text } = asObject(value);
  return type === 'mrkdwn' ? mrkdwn(String(text)) : String(text);
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - stringWidth(text))) + text;
}

function style(format: 'bold' | 'dim' | 'italic' | 'cyan', text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
