import { cutText } from '../../lib/cut-text.ts';
import { kindOf, ReportMistake } from '../mistake.ts';
import { currentFormat, type Format, MISSING } from './format.ts';
import { fittingMrkdwn } from './mrkdwn-text.ts';
import { paragraphsOf, type Piece, type Token } from './markup.ts';
import type { Paragraph } from './rich.ts';

/**
 * Text for Slack. A plain value is data: a reader sees its characters as they are, and none of it becomes formatting, a mention,
 * an emoji or a link. `mrkdwn`, `bold`, `link` and the other functions say what is formatting.
 * @example const line: Mrkdwn = mrkdwn`${bold(account)} has ${orders} orders`;
 */
export class Mrkdwn {
  readonly tokens: readonly Token[];

  /** A string is Slack's mrkdwn: https://docs.slack.dev/messaging/formatting-message-text */
  constructor(markup: string | readonly Token[]) {
    this.tokens = typeof markup === 'string' ? [markup] : markup;
  }

  toString(): string {
    return toMrkdwn(this, Infinity);
  }
}

/** Data as reports have it. What is missing (null, undefined, NaN, an empty text) is shown as a dash. */
export type Value = string | number | bigint | boolean | null | undefined;

/** What a block takes for a text: data, or text with formatting. */
export type Text = Value | Mrkdwn;

/**
 * Text with data in it: what stands in the template is Slack's mrkdwn, every `${value}` is data and shown as it is. (A tag called `md`
 * would be taken for Markdown by formatters, which write `_` for `*`.)
 * @example mrkdwn`*${account.name}* has ${count} open orders: ${link('see them', url)}`
 */
export function mrkdwn(strings: TemplateStringsArray, ...values: Text[]): Mrkdwn {
  return new Mrkdwn(
    strings.flatMap((markup, at) => [clean(markup), ...(at < values.length ? tokensOf(values[at]) : [])]),
  );
}

/**
 * Bold text, on one line. Throws a ReportMistake for an object or a Date, as all functions of text do.
 * @example bold(account.name)
 */
export function bold(text: Text): Mrkdwn {
  return new Mrkdwn([{ kind: 'styled', style: { bold: true }, inner: visible(text) }]);
}

/**
 * Text in italics, on one line.
 * @example italic('no change')
 */
export function italic(text: Text): Mrkdwn {
  return new Mrkdwn([{ kind: 'styled', style: { italic: true }, inner: visible(text) }]);
}

/** In the type of code, with every character as it is. @example code(order.reference) */
export function code(text: Value): Mrkdwn {
  return new Mrkdwn([{ kind: 'styled', style: { code: true }, inner: visible(text) }]);
}

/**
 * An emoji by its name at Slack, without colons. In data `:tada:` stays as it is written. Throws a TypeError if the name has
 * characters that Slack's names don't have.
 * @example mrkdwn`${emoji('tada')} All orders have shipped`
 */
export function emoji(name: string): Mrkdwn {
  if (!/^[\p{L}\p{N}_+'-]+$/u.test(name)) throw new TypeError(`emoji: "${clean(name)}" is not the name of an emoji`);
  return new Mrkdwn([{ kind: 'emoji', name, style: {} }]);
}

/** Several texts, `separator` between them. @example join(names.map(bold), ', ') */
export function join(texts: readonly Text[], separator: Text = '\n'): Mrkdwn {
  // A line break between them also ends a quote.
  const between = separator === '\n' ? [separator] : tokensOf(separator);
  return new Mrkdwn(texts.flatMap((text, at) => (at === 0 ? tokensOf(text) : [...between, ...tokensOf(text)])));
}

/** Docs, button element: `url`; Slack names no other limit for an address. */
const ADDRESS_MAX = 3_000;

/** Stands for the label while its sentence is made. */
const LABEL = '\u{0}';

/**
 * A link inside a text; its address does not count as text. One that is no http or https address, or has more than 3,000
 * characters, is left out, and the label says so.
 * @example mrkdwn`See ${link('order 4711', 'https://shop.example.com/orders/4711')}`
 */
export function link(label: Text, url: string): Mrkdwn {
  const address = webAddress(url);
  const inner = visible(label);
  if (address === undefined || address.length > ADDRESS_MAX) {
    const [before = '', after = ''] = currentFormat().words('linkLeftOut', { label: LABEL }).split(LABEL);
    return new Mrkdwn([{ kind: 'styled', style: {}, inner: [textPiece(before), ...inner, textPiece(after)] }]);
  }
  return new Mrkdwn([{ kind: 'linked', url: address, inner }]);
}

/**
 * A person (`U…`, `W…`) or a user group (`S…`), who is notified. Throws a TypeError for anything else.
 * @example mrkdwn`${mention('U0123456789')}, please have a look`
 */
export function mention(id: string): Mrkdwn {
  if (/^[UW][A-Z0-9]+$/.test(id)) return new Mrkdwn([{ kind: 'user', id, style: {} }]);
  if (/^S[A-Z0-9]+$/.test(id)) return new Mrkdwn([{ kind: 'usergroup', id, style: {} }]);
  throw new TypeError(`mention: "${clean(id)}" is not the id of a person (U…) or of a user group (S…)`);
}

/**
 * Everyone in the channel (`channel`), or those who are active now (`here`). Each of them is notified.
 * @example mrkdwn`${mentionAll('here')} the import has failed`
 */
export function mentionAll(who: 'channel' | 'here'): Mrkdwn {
  return new Mrkdwn([{ kind: 'broadcast', range: who, style: {} }]);
}

/**
 * An instant, which each reader sees in their own zone and by the minute; an invalid one is shown as a dash. `format` is Slack's:
 * https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 * @example mrkdwn`Shipped ${date(order.shippedAt)}`
 */
export function date(instant: Date, format = '{date_short_pretty} {time}'): Mrkdwn {
  if (Number.isNaN(instant.getTime())) return new Mrkdwn([textPiece(MISSING)]);
  const fallback = `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return new Mrkdwn([{ kind: 'date', timestamp: Math.floor(instant.getTime() / 1_000), format, fallback, style: {} }]);
}

/**
 * The text as Slack's mrkdwn of at most `max` characters, never empty: for what phones show. In it Slack may take marks in the
 * data for formatting; blocks do not have it.
 */
export function toMrkdwn(text: Text, max: number): string {
  return fittingMrkdwn(toParagraphs(text), max);
}

/** The text as data and formatting; never empty. */
export function toParagraphs(text: Text): Paragraph[] {
  const paragraphs = paragraphsOf(tokensOf(text));
  if (paragraphs.length > 0) return paragraphs;
  return [{ kind: 'section', inlines: [{ kind: 'text', text: MISSING, style: {} }] }];
}

/** The text where Slack reads no markup at all: headers, buttons, table cells, charts. */
export function toPlain(value: Value, max: number): string {
  return cutText(show(value).trim() || MISSING, max);
}

/**
 * A number as the readers of the report write it, with its thousands apart and at most two decimals; other values as they are.
 * @example grouped(12840.5) // '12,840.5' in American English
 */
export function grouped(value: Value): string {
  return formatted(value);
}

/** A number as `format` has it, or the report that is being rendered; other values as they are. */
export function formatted(value: Value, format: Format = currentFormat()): string {
  return typeof value === 'number' || typeof value === 'bigint' ? format.number(value) : show(value);
}

/** The address as a URL has to be written; undefined where it is none that a browser opens. */
export function webAddress(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed.href : undefined;
}

function tokensOf(text: Text): readonly Token[] {
  return text instanceof Mrkdwn ? text.tokens : [textPiece(show(text))];
}

function textPiece(text: string): Piece {
  return { kind: 'text', text, style: {} };
}

/** Text that would be invisible gets a sign in its place. */
function visible(text: Text): readonly Token[] {
  const tokens = tokensOf(text);
  return paragraphsOf(tokens).length > 0 ? tokens : [textPiece(MISSING)];
}

/** Of one value no more is looked at: the longest text of a block has 3,000 characters, and a cell of a database millions. */
const DATA_MAX = 8_000;

function show(value: Value): string {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  if (value === Infinity) return '∞';
  if (value === -Infinity) return '-∞';
  if (typeof value === 'object' || typeof value === 'function') throw notAText(value);
  return clean(String(value).slice(0, DATA_MAX));
}

/** TypeScript refuses it; without TypeScript a reader would see "[object Object]", or an instant in the zone of the worker. */
function notAText(value: object): ReportMistake {
  const fix =
    value instanceof Date
      ? 'Write `format.dateTime(it)`, `format.date(it)`, or `date(it)` for the zone of each reader'
      : 'Write the property that readers should see';
  return new ReportMistake(`A text of a block is ${kindOf(value)}, expected a text or a number`, fix);
}

/**
 * Without what Slack may refuse or readers cannot see: halves of emoji, control characters, code points that Unicode has for
 * no text, and the marks that turn the direction of everything behind them.
 */
function clean(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(/(?!\n)\p{Cc}|\p{Noncharacter_Code_Point}|[\u202A-\u202E\u2066-\u2069]/gu, '');
}
