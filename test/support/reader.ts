import { grouped, type Value } from '../../src/reports/blocks/text.ts';
import { emoji } from '../../src/slack/block-kit/html/emoji.ts';
import { mrkdwn } from '../../src/slack/block-kit/html/mrkdwn.ts';
import { asObject, listOf, objectsOf, stringOf, type Json } from '../../src/slack/block-kit/json.ts';

/** The texts that a reader sees in a block, one for each place, with everything that Slack makes of them. */
export function seenIn(block: unknown): string[] {
  const { type, text, fields, elements, rows, chart, title } = asObject(block);
  switch (type) {
    case 'divider':
      return [];
    case 'header':
      return [seenText(text)];
    case 'section':
      return (text === undefined ? objectsOf(fields) : [asObject(text)]).map(seenText);
    case 'context':
      return objectsOf(elements).map(seenText);
    case 'actions':
      return objectsOf(elements).map((element) => seenText(element['text']));
    case 'rich_text':
      return objectsOf(elements).map(seenParagraph);
    case 'table':
      return listOf(rows).flatMap((row) => objectsOf(row).map(seenCell));
    case 'data_visualization':
      return [stringOf(title), ...chartTexts(asObject(chart))];
    default:
      throw new Error(`No reader knows ${String(type)}`);
  }
}

function seenText(value: unknown): string {
  const { type, text, verbatim, emoji: convertsEmoji } = asObject(value);
  if (type === 'mrkdwn') return textOfHtml(String(mrkdwn(stringOf(text), { verbatim: verbatim === true })));
  return convertsEmoji === false ? stringOf(text) : emoji(stringOf(text));
}

function seenParagraph({ elements }: Json): string {
  return objectsOf(elements)
    .map(({ type, text, name, fallback }) => {
      if (type === 'emoji') return `:${stringOf(name)}:`;
      return type === 'date' ? stringOf(fallback) : stringOf(text);
    })
    .join('');
}

function seenCell(cell: Json): string {
  if (cell['type'] === 'rich_text') return objectsOf(cell['elements']).map(seenParagraph).join('\n');
  return stringOf(cell['text']);
}

function chartTexts({ segments, series, axis_config: axis }: Json): string[] {
  const { categories, x_label: xLabel, y_label: yLabel } = asObject(axis);
  return [
    ...objectsOf(segments).map(({ label }) => stringOf(label)),
    ...objectsOf(series).map(({ name }) => stringOf(name)),
    ...listOf(categories).map(stringOf),
    ...[xLabel, yLabel].flatMap((label) => (label === undefined ? [] : [stringOf(label)])),
  ];
}

/** Marks became tags, and are gone; so is what a quote or a fence left out. */
function textOfHtml(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** Data as the docs say that it is shown: without invisible characters, and with a sign for missing values. */
export function shownData(value: Value): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === Infinity) return '∞';
  if (value === -Infinity) return '-∞';
  return String(value)
    .slice(0, 8_000)
    .toWellFormed()
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(/(?!\n)[\p{Cc}\p{Noncharacter_Code_Point}\u202A-\u202E\u2066-\u2069]/gu, '');
}

/** As the only text of its place. */
export function alone(text: string): string {
  return text.trim() || '–';
}

/** A value as a figure has it. */
export function shownFigure(value: Value): string {
  return typeof value === 'number' || typeof value === 'bigint' ? grouped(value) : shownData(value);
}
