import { type Inline, type Paragraph, shownOf, type Style } from './rich.ts';

/**
 * Reads the markup of an author, which is Slack's mrkdwn, into text with formatting. Pieces in it are data: they are set aside first,
 * so that nothing in them is read as a mark.
 */

/** What a text is made of: the author's own markup as a string, or a piece whose text is data. */
export type Token = string | Piece;
export type Piece =
  | Inline
  | { kind: 'styled'; style: Style; inner: readonly Token[] }
  | { kind: 'linked'; url: string; inner: readonly Token[] };

/** Characters that stand for nothing in Unicode, so that no text has them: around the number of a piece. */
const [OPEN, CLOSE] = ['\uFDD0', '\uFDD1'];
const PIECE = new RegExp(`${OPEN}(\\d+)${CLOSE}`);
const FENCE = '```';
const QUOTE = /(?<=^|\n)((?:(?:&gt;|>)[^\n]*(?:\n|$))+)/;

/** The author's markup is read as Slack's mrkdwn; pieces in it are taken as they are. Without spaces at both ends. */
export function paragraphsOf(tokens: readonly Token[]): Paragraph[] {
  return trimmed(parsed(tokens));
}

function parsed(tokens: readonly Token[]): Paragraph[] {
  const pieces: Piece[] = [];
  const source = tokens
    .map((token) => (typeof token === 'string' ? token : `${OPEN}${pieces.push(token) - 1}${CLOSE}`))
    .join('');
  const inlines = (text: string, style: Style = {}) => merged(inlinesIn(text, style, pieces));
  return fenced(
    source,
    (code): Paragraph[] => [
      { kind: 'preformatted', inlines: merged(literal(code.replace(/^\n/, '').replace(/\n$/, ''), {}, pieces)) },
    ],
    (between) =>
      splitBy(
        between,
        QUOTE,
        ([, quoted = '']): Paragraph[] => [
          { kind: 'quote', inlines: inlines(quoted.replaceAll(/^(?:&gt;|>) ?/gm, '').replace(/\n$/, '')) },
        ],
        (text): Paragraph[] => [{ kind: 'section', inlines: inlines(text) }],
      ),
  );
}

/** `code` for what stands between two fences; a fence that is not closed is text. */
function fenced(
  text: string,
  code: (text: string) => Paragraph[],
  between: (text: string) => Paragraph[],
): Paragraph[] {
  const parts: Paragraph[] = [];
  let done = 0;
  for (let open = text.indexOf(FENCE); open >= 0; open = text.indexOf(FENCE, done)) {
    const from = open + FENCE.length;
    const close = text.indexOf(FENCE, from + 1);
    if (close < 0) break;
    if (open > done) parts.push(...between(text.slice(done, open)));
    parts.push(...code(text.slice(from, close)));
    done = close + FENCE.length;
    if (text[done] === '\n') done += 1;
  }
  if (done < text.length) parts.push(...between(text.slice(done)));
  return parts;
}

/** A mark counts at the edge of a word, so that snake_case and 2*3*4 stay as they are; next to letters of a script without spaces between words it counts, too. */
const STYLES: readonly [RegExp, Style][] = [
  [/(?<![A-Za-z0-9*])\*(?=\S)([^*\n]*[^\s*])\*(?![A-Za-z0-9*])/, { bold: true }],
  [/(?<![A-Za-z0-9_])_(?=\S)([^_\n]*[^\s_])_(?![A-Za-z0-9_])/, { italic: true }],
  [/(?<![A-Za-z0-9~])~(?=\S)([^~\n]*[^\s~])~(?![A-Za-z0-9~])/, { strike: true }],
];

/** Code and references are set aside first, for marks inside them do not count. */
function inlinesIn(text: string, style: Style, pieces: Piece[]): Inline[] {
  const marked = text.replaceAll(
    /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+):/g,
    (whole, code?: string, inside?: string, emoji?: string) => {
      const inner: Piece[] = [];
      if (code !== undefined) inner.push(...literal(code, { code: true }, pieces));
      else if (inside !== undefined) inner.push(...referencesIn(inside, pieces));
      else if (emoji !== undefined && /[a-z]|^[+-]1$/.test(emoji))
        inner.push({ kind: 'emoji', name: emoji, style: {} });
      else return whole;
      return `${OPEN}${pieces.push({ kind: 'styled', style: {}, inner }) - 1}${CLOSE}`;
    },
  );
  return styledIn(marked, style, pieces, 0);
}

function styledIn(text: string, style: Style, pieces: readonly Piece[], from: number): Inline[] {
  const [mark, added] = STYLES[from] ?? [];
  if (mark === undefined) return literal(text, style, pieces);
  return splitBy(
    text,
    mark,
    ([, inner = '']) => styledIn(inner, { ...style, ...added }, pieces, from + 1),
    (between) => styledIn(between, style, pieces, from + 1),
  );
}

/** Text without markup, but for Slack's three escapes. */
function literal(source: string, style: Style, pieces: readonly Piece[]): Inline[] {
  return splitBy(
    source,
    PIECE,
    ([, nr]) => resolved(pieces[Number(nr)], style),
    (text): Inline[] => [{ kind: 'text', text: unescape(text), style }],
  );
}

function resolved(piece: Piece | undefined, outer: Style): Inline[] {
  if (piece === undefined) return [];
  const style = { ...outer, ...('style' in piece && piece.style) };
  if (piece.kind === 'styled') return restyled(piece.inner, style);
  if (piece.kind !== 'linked') return [{ ...piece, style }];
  return restyled(piece.inner, style).map((inline) => ({
    kind: 'link',
    text: shownOf(inline),
    url: piece.url,
    style: inline.style,
  }));
}

function restyled(inner: readonly Token[], style: Style): Inline[] {
  return parsed(inner)
    .flatMap(({ inlines }, nth) => (nth === 0 ? inlines : [newLine(), ...inlines]))
    .map((inline) => ({ ...inline, style: { ...inline.style, ...style } }));
}

function newLine(): Inline {
  return { kind: 'text', text: '\n', style: {} };
}

/** `<…>` in the author's markup: a link, a mention or a date; anything else is text. */
function referencesIn(inside: string, pieces: Piece[]): Piece[] {
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? undefined : inside.slice(bar + 1);
  const plainTarget = literal(target, {}, pieces).map(shownOf).join('');
  const [, date = '', format = ''] = /^!date\^(\d+)\^([^^]*)/.exec(target) ?? [];
  if (date !== '') {
    return [{ kind: 'date', timestamp: Number(date), format, fallback: unescape(label ?? format), style: {} }];
  }
  const [, sign = '', id = ''] = /^(@|#|!subteam\^)([A-Z0-9]+)$/.exec(plainTarget) ?? [];
  if (sign === '@') return [{ kind: 'user', id, style: {} }];
  if (sign === '#') return [{ kind: 'channel', id, style: {} }];
  if (sign !== '') return [{ kind: 'usergroup', id, style: {} }];
  const [, range] = /^!(here|channel|everyone)$/.exec(plainTarget) ?? [];
  if (range !== undefined) return [{ kind: 'broadcast', range, style: {} }];
  if (!/^(?:https?:|mailto:)/.test(plainTarget)) return literal(`<${inside}>`, {}, pieces);
  return [{ kind: 'linked', url: plainTarget, inner: literal(label ?? target, {}, pieces) }];
}

/** Neighbours with one look become one. */
function merged(inlines: readonly Inline[]): Inline[] {
  const all: Inline[] = [];
  for (const inline of inlines) {
    const last = all.at(-1);
    if ((inline.kind === 'text' || inline.kind === 'link') && inline.text === '') continue;
    if (last?.kind === 'text' && inline.kind === 'text' && sameStyle(last.style, inline.style)) {
      all[all.length - 1] = { ...last, text: last.text + inline.text };
    } else all.push(inline);
  }
  return all;
}

function sameStyle(a: Style, b: Style): boolean {
  return a.bold === b.bold && a.italic === b.italic && a.strike === b.strike && a.code === b.code;
}

/** Without spaces and empty lines at both ends, and without the line breaks that the edge of a quote makes anyway. */
function trimmed(paragraphs: readonly Paragraph[]): Paragraph[] {
  const last = paragraphs.length - 1;
  const kept = paragraphs.map(({ kind, inlines }, at) => {
    const start = (text: string) => (at === 0 ? text.trimStart() : text.replace(/^\n/, ''));
    const end = (text: string) => (at === last ? text.trimEnd() : text.replace(/\n$/, ''));
    return { kind, inlines: merged(withoutEdge(withoutEdge(inlines, start, 'first'), end, 'last')) };
  });
  const filled = kept.filter(({ inlines }) => inlines.length > 0);
  // A paragraph of spaces alone was in front of the first one that shows something.
  return filled.length > 0 && filled.length < paragraphs.length ? trimmed(filled) : filled;
}

function withoutEdge(inlines: readonly Inline[], trim: (text: string) => string, end: 'first' | 'last'): Inline[] {
  const inline = end === 'first' ? inlines[0] : inlines.at(-1);
  if (inline?.kind !== 'text' && inline?.kind !== 'link') return [...inlines];
  const text = trim(inline.text);
  if (text === inline.text) return [...inlines];
  const rest = end === 'first' ? inlines.slice(1) : inlines.slice(0, -1);
  if (text === '') return withoutEdge(rest, trim, end);
  return end === 'first' ? [{ ...inline, text }, ...rest] : [...rest, { ...inline, text }];
}

/** `matched` for what the pattern finds, `between` for the text around it, in order. */
function splitBy<Made>(
  text: string,
  pattern: RegExp,
  matched: (match: RegExpExecArray) => Made[],
  between: (text: string) => Made[],
): Made[] {
  const parts: Made[] = [];
  let end = 0;
  for (const match of text.matchAll(new RegExp(pattern, `${pattern.flags}g`))) {
    if (match.index > end) parts.push(...between(text.slice(end, match.index)));
    parts.push(...matched(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(...between(text.slice(end)));
  return parts;
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
