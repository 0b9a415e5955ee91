import { kindOf, ReportMistake } from '../mistake.ts';
import { currentFormat, type Format, MISSING } from './format.ts';

/**
 * Text for Slack. A plain value is data: it is escaped wherever Slack would read markup in it, so that no data can mention
 * a channel or forge a link. `mrkdwn`, `bold`, `link` and the other functions make it; the constructor escapes nothing.
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 * @example const line: Mrkdwn = mrkdwn`${bold(account)} has ${orders} orders`;
 */
export class Mrkdwn {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** Data as reports have it. What is missing (null, undefined, NaN, an empty text) is shown as a dash. */
export type Value = string | number | bigint | boolean | null | undefined;

/** What a block takes for a text: data, or text with formatting. */
export type Text = Value | Mrkdwn;

/**
 * Text with data in it: what stands in the template is Slack's mrkdwn, every `${value}` is data and escaped. (A tag called `md`
 * would be taken for Markdown by formatters, which write `_` for `*`.)
 * @example mrkdwn`*${account.name}* has ${count} open orders: ${link('see them', url)}`
 */
export function mrkdwn(strings: TemplateStringsArray, ...values: Text[]): Mrkdwn {
  return new Mrkdwn(String.raw({ raw: strings.map(clean) }, ...values.map(markupOf)));
}

/**
 * Bold text, on one line.
 * @example bold(account.name)
 */
export function bold(text: Text): Mrkdwn {
  return new Mrkdwn(`*${oneLine(markupOf(text))}*`);
}

/**
 * Text in italics, on one line.
 * @example italic('no change')
 */
export function italic(text: Text): Mrkdwn {
  return new Mrkdwn(`_${oneLine(markupOf(text))}_`);
}

/** Several texts, `separator` between them. @example join(names.map(bold), ', ') */
export function join(texts: readonly Text[], separator: Text = '\n'): Mrkdwn {
  return new Mrkdwn(texts.map(markupOf).join(markupOf(separator)));
}

/**
 * A link inside a text. An address that is no http or https one is left out, and the label says so.
 * @example mrkdwn`See ${link('order 4711', 'https://shop.example.com/orders/4711')}`
 */
export function link(label: Text, url: string): Mrkdwn {
  const address = webAddress(url);
  const text = oneLine(markupOf(label));
  if (address === undefined) return new Mrkdwn(`${text} (link left out)`);
  return new Mrkdwn(`<${escape(address).replaceAll('|', '%7C')}|${text}>`);
}

/**
 * A person (`U…`, `W…`) or a user group (`S…`), who is notified. Throws a TypeError for anything else.
 * @example mrkdwn`${mention('U0123456789')}, please have a look`
 */
export function mention(id: string): Mrkdwn {
  if (/^[UW][A-Z0-9]+$/.test(id)) return new Mrkdwn(`<@${id}>`);
  if (/^S[A-Z0-9]+$/.test(id)) return new Mrkdwn(`<!subteam^${id}>`);
  throw new TypeError(`mention: "${clean(id)}" is not the id of a person (U…) or of a user group (S…)`);
}

/**
 * Everybody in the channel (`channel`), or who is active now (`here`). Each of them is notified.
 * @example mrkdwn`${mentionAll('here')} the import has failed`
 */
export function mentionAll(who: 'channel' | 'here'): Mrkdwn {
  return new Mrkdwn(`<!${who}>`);
}

/**
 * An instant, which each reader sees in their own zone. `format` is Slack's:
 * https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 * @example mrkdwn`Shipped ${date(order.shippedAt)}`
 */
export function date(instant: Date, format = '{date_short_pretty} {time}'): Mrkdwn {
  if (Number.isNaN(instant.getTime())) return new Mrkdwn(MISSING);
  const fallback = `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return new Mrkdwn(`<!date^${Math.floor(instant.getTime() / 1_000)}^${escape(format)}|${fallback}>`);
}

/** The text as Slack's mrkdwn: data escaped, markup as it is, at most `max` characters, never empty. */
export function toMrkdwn(text: Text, max: number): string {
  return cut(markupOf(text).trim() || MISSING, max, /<[^<>]*>|&(?:amp|lt|gt);|[^]/gu);
}

/** The text where Slack reads no markup at all: headers, buttons, table cells, charts. */
export function toPlain(value: Value, max: number): string {
  return cut(show(value).trim() || MISSING, max, /[^]/gu);
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

function markupOf(text: Text): string {
  return text instanceof Mrkdwn ? text.toString() : escape(show(text));
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
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
  return new ReportMistake(`A text is ${kindOf(value)}, expected a text or a number`, fix);
}

/**
 * Without what Slack may refuse or readers cannot see: halves of emoji, control characters, and the marks that turn the
 * direction of everything behind them.
 */
function clean(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(/(?!\n)\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu, '');
}

/** Marks such as `*` reach no further than their line. */
function oneLine(markup: string): string {
  const lines = markup.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').join(' ') || MISSING;
}

/** Cut between two of `parts`, with a sign that something is missing: no emoji, entity or link is cut in two. */
function cut(text: string, max: number, parts: RegExp): string {
  if (text.length <= max) return text;
  let kept = '';
  for (const [part] of text.matchAll(parts)) {
    if (kept.length + part.length > max - 1) break;
    kept += part;
  }
  return `${kept}…`;
}
