import { CUT_SIGN, cutText } from '../../lib/cut-text.ts';
import { currentFormat } from './format.ts';

/**
 * Text with formatting, before it is written in one of Slack's two ways: as `rich_text`, which shows every text as it is, or as
 * mrkdwn (`mrkdwn-text.ts`), whose parser takes marks in the data for formatting.
 */

export interface Style {
  bold?: true;
  italic?: true;
  strike?: true;
  code?: true;
}

/** A stretch of a line with one look. */
export type Inline = { style: Style } & (
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; url: string }
  | { kind: 'user' | 'usergroup' | 'channel'; id: string }
  | { kind: 'broadcast'; range: string }
  | { kind: 'date'; timestamp: number; format: string; fallback: string }
  | { kind: 'emoji'; name: string }
);

/** Lines of one kind; the text of the next paragraph begins on a new line. */
export interface Paragraph {
  kind: 'section' | 'quote' | 'preformatted';
  inlines: Inline[];
}

/** What a reader sees of it, or about as much. */
export function shownOf(inline: Inline): string {
  switch (inline.kind) {
    case 'text':
    case 'link':
      return inline.text;
    case 'user':
    case 'usergroup':
      return `@${inline.id}`;
    case 'channel':
      return `#${inline.id}`;
    case 'broadcast':
      return `@${inline.range}`;
    case 'date':
      return inline.fallback;
    case 'emoji':
      return `:${inline.name}:`;
    default:
      return inline satisfies never;
  }
}

/** As much of the beginning as fits into `max` characters of what readers see; addresses do not count. */
export function cutParagraphs(
  paragraphs: readonly Paragraph[],
  max: number,
): { paragraphs: Paragraph[]; isCut: boolean } {
  const whole = paragraphs.map(({ inlines }) => inlines.map(shownOf).join('')).join('');
  if (whole.length <= max) return { paragraphs: [...paragraphs], isCut: false };
  let left = cutText(whole, max).length - CUT_SIGN.length;
  const kept: Paragraph[] = [];
  for (const { kind, inlines } of paragraphs) {
    const own: Inline[] = [];
    for (const inline of inlines) {
      const shown = shownOf(inline);
      if (shown.length > left) {
        const isTextual = inline.kind === 'text' || inline.kind === 'link';
        const rest: Inline = isTextual
          ? { ...inline, text: shown.slice(0, left) + CUT_SIGN }
          : { kind: 'text', text: CUT_SIGN, style: {} };
        return { paragraphs: [...kept, { kind, inlines: [...own, rest] }], isCut: true };
      }
      own.push(inline);
      left -= shown.length;
    }
    kept.push({ kind, inlines: own });
  }
  return { paragraphs: kept, isCut: true };
}

/** The links with an address as long as the budget allows, in their order; behind the label of each other one a sign. */
export function withinAddresses(
  paragraphs: readonly Paragraph[],
  budget: number,
): { paragraphs: Paragraph[]; leftOut: number } {
  let left = budget;
  let leftOut = 0;
  const keep = (inline: Inline): Inline[] => {
    if (inline.kind !== 'link') return [inline];
    if (inline.url.length <= left) {
      left -= inline.url.length;
      return [inline];
    }
    leftOut += 1;
    return [{ kind: 'text', text: currentFormat().words('linkLeftOut', { label: inline.text }), style: inline.style }];
  };
  const all = paragraphs.map(({ kind, inlines }) => ({ kind, inlines: inlines.flatMap(keep) }));
  return { paragraphs: all, leftOut };
}

/** The elements of a `rich_text` block. */
export function richTextElements(paragraphs: readonly Paragraph[]) {
  return paragraphs.map(({ kind, inlines }) => ({
    type: `rich_text_${kind}` as const,
    elements: inlines.map(richInline),
  }));
}

function richInline(inline: Inline): Record<string, unknown> {
  const style = Object.keys(inline.style).length > 0 ? { style: inline.style } : {};
  switch (inline.kind) {
    case 'text':
      return { type: 'text', text: inline.text, ...style };
    case 'link':
      return { type: 'link', url: inline.url, text: inline.text, ...style };
    case 'user':
      return { type: 'user', user_id: inline.id, ...style };
    case 'usergroup':
      return { type: 'usergroup', usergroup_id: inline.id, ...style };
    case 'channel':
      return { type: 'channel', channel_id: inline.id, ...style };
    case 'broadcast':
      return { type: 'broadcast', range: inline.range, ...style };
    case 'date': {
      const { timestamp, format, fallback } = inline;
      return { type: 'date', timestamp, format, fallback, ...style };
    }
    case 'emoji':
      return { type: 'emoji', name: inline.name, ...style };
    default:
      return inline satisfies never;
  }
}
