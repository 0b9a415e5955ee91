import { cutParagraphs, type Inline, type Paragraph, shownOf, type Style, withinAddresses } from './rich.ts';

/**
 * Text as Slack's mrkdwn. It has no escape for its marks (github.com/yhatt/jsx-slack, "About escape"), so that text which
 * looks like formatting may only be shown in another way: https://docs.slack.dev/messaging/formatting-message-text
 */

/**
 * The mrkdwn that Slack shows exactly as meant: every character of the text, and all of its formatting. Undefined where its
 * parser would take something in the text for a mark, or would not see one of ours.
 */
export function exactMrkdwn(paragraphs: readonly Paragraph[], max: number): string | undefined {
  if (!paragraphs.every(isReadAsMeant)) return undefined;
  const text = written(paragraphs);
  return text.length <= max ? text : undefined;
}

/**
 * Mrkdwn of at most `max` characters for the text that phones show. Slack may take marks in the data for formatting there;
 * nothing in it becomes a link or a mention. What does not fit is cut: addresses first, then the end of the text.
 */
export function fittingMrkdwn(paragraphs: readonly Paragraph[], max: number): string {
  const plainer = paragraphs.map((paragraph) => (isReadAsMeant(paragraph) ? paragraph : unstyled(paragraph)));
  const whole = written(plainer);
  if (whole.length <= max) return whole;
  const { paragraphs: bare } = withinAddresses(plainer, 0);
  let [low, high] = [0, max];
  // Escapes make the text longer than what readers see of it, by a factor that only trying tells.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (written(cutParagraphs(bare, middle).paragraphs).length <= max) low = middle;
    else high = middle - 1;
  }
  return written(cutParagraphs(bare, low).paragraphs);
}

function unstyled({ kind, inlines }: Paragraph): Paragraph {
  return { kind, inlines: inlines.map((inline) => ({ ...inline, style: {} })) };
}

function written(paragraphs: readonly Paragraph[]): string {
  return paragraphs.map(writtenParagraph).join('\n');
}

function writtenParagraph({ kind, inlines }: Paragraph): string {
  const text = inlines.map(writtenInline).join('');
  if (kind === 'quote') return text.replaceAll(/^/gm, '>');
  return kind === 'preformatted' ? `\`\`\`${text}\`\`\`` : text;
}

function writtenInline(inline: Inline): string {
  const { style } = inline;
  switch (inline.kind) {
    case 'text':
      return inline.text
        .split('\n')
        .map((line) => marked(escape(line), style))
        .join('\n');
    case 'link':
      return marked(`<${address(inline.url)}|${escape(inline.text)}>`, style);
    case 'user':
      return marked(`<@${inline.id}>`, style);
    case 'usergroup':
      return marked(`<!subteam^${inline.id}>`, style);
    case 'channel':
      return marked(`<#${inline.id}>`, style);
    case 'broadcast':
      return marked(`<!${inline.range}>`, style);
    case 'date':
      return marked(`<!date^${inline.timestamp}^${escape(inline.format)}|${escape(inline.fallback)}>`, style);
    case 'emoji':
      return marked(`:${inline.name}:`, style);
    default:
      return inline satisfies never;
  }
}

/** Marks stand next to what they style: Slack sees none with a space behind it. */
function marked(text: string, { bold, italic, strike, code }: Style): string {
  const inner = text.trim();
  if (inner === '') return text;
  const before = text.slice(0, text.indexOf(inner));
  const after = text.slice(before.length + inner.length);
  let shown = code === true ? `\`${inner}\`` : inner;
  if (strike === true) shown = `~${shown}~`;
  if (italic === true) shown = `_${shown}_`;
  if (bold === true) shown = `*${shown}*`;
  return before + shown + after;
}

function address(url: string): string {
  return escape(url).replaceAll('|', '%7C');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Slack takes the full-width forms for marks as well (github.com/yhatt/jsx-slack). */
const MARKS = /[*_~`\uFF0A\uFF3F\uFF40]/;
const EMOJI = /:[\p{L}\p{N}_+'-]+:/u;
const QUOTE = /^[>\uFF1E]/;
/** What Slack takes for the edge of a word in front of a mark, and behind one. */
const BEFORE_MARK = /^$|[\s?.,!^;:{([%$#+="'/-]$/;
const AFTER_MARK = /^$|^[\s?.,!^;:})\]%$~{[<#+="'/…-]/;

function isReadAsMeant({ kind, inlines }: Paragraph): boolean {
  const shown = inlines.map((inline) => (inline.kind === 'emoji' ? ' ' : shownOf(inline))).join('');
  if (kind === 'preformatted') return !shown.includes('`') && inlines.every((inline) => isPlain(inline));
  if (EMOJI.test(shown) || shown.split('\n').some((line) => QUOTE.test(line.trimStart()))) return false;
  if (inlines.every((inline) => isPlain(inline))) return shown.split('\n').every(hasNoPair) && !hasFence(shown);
  // Next to a mark of ours, any in the text may pair with it.
  return inlines.every((inline, at) => {
    if (inline.kind === 'link' && inline.text.includes('\n')) return false;
    if (isPlain(inline)) return hasInnerMarksOnly(shownOf(inline));
    if (inline.kind !== 'emoji' && MARKS.test(shownOf(inline))) return false;
    return Object.keys(inline.style).length === 0 || hasEdges(inlines, at);
  });
}

function isPlain({ kind, style }: Inline): boolean {
  return kind === 'text' && Object.keys(style).length === 0;
}

function hasFence(text: string): boolean {
  return (text.match(/[`\uFF40]/g)?.length ?? 0) > 1;
}

/** A mark behind a letter opens nothing, and one without a second one on its line closes nothing. */
function hasNoPair(line: string): boolean {
  return [...line.matchAll(new RegExp(MARKS, 'g'))].every(({ 0: mark, index }) => {
    const opens = !/[\p{L}\p{N}]$/u.test(line.slice(0, index)) && /^\S/.test(line.slice(index + 1));
    return !opens || !line.includes(mark, index + 1);
  });
}

/** Marks between two letters or digits: snake_case. */
function hasInnerMarksOnly(text: string): boolean {
  return !new RegExp(`(?<![A-Za-z0-9])${MARKS.source}|${MARKS.source}(?![A-Za-z0-9])`).test(text);
}

function hasEdges(inlines: readonly Inline[], at: number): boolean {
  const inline = inlines[at];
  if (inline === undefined) return false;
  const shown = shownOf(inline);
  const [before, after] = [inlines[at - 1], inlines[at + 1]].map((next) =>
    next === undefined ? '' : next.kind === 'text' && Object.keys(next.style).length === 0 ? next.text : 'x',
  ) as [string, string];
  // With several lines each has its own marks, and a space at an edge stands outside of them.
  return (
    (BEFORE_MARK.test(before) || /^\s/.test(shown)) && (AFTER_MARK.test(after) || /\s$/.test(shown)) && /\S/.test(shown)
  );
}
