import { emoji } from './emoji.ts';
import { html, link, safeLink, type Html } from './html.ts';
import { slackDate } from './slack-date.ts';

/** What a message refers to only by id. Without an answer, the page shows the id. */
export interface Lookup {
  channelName?: (id: string) => string | undefined;
  userName?: (id: string) => string | undefined;
  /** True: an address without brackets around it stays text. Slack does so where a text object is `verbatim`. */
  verbatim?: boolean;
  /** The address of an uploaded image: `slack_file`, by its id or by its URL at Slack. */
  fileAddress?: (file: { id: string | undefined; url: string | undefined }) => string | undefined;
}

/**
 * Slack's mrkdwn (https://docs.slack.dev/messaging/formatting-message-text) as HTML: *bold*, _italic_, ~strike~,
 * `code`, ```blocks```, > quotes, <url|label>, <!here>, <@user>, <#channel|name>, <!date^…> and the three escapes.
 */
export function mrkdwn(text: string, lookup: Lookup = {}): Html {
  const lines = (part: string) => quotes(part, lookup);
  return html`${fenced(text, (code) => html`<pre class="code">${unescape(code)}</pre>`, lines)}`;
}

const FENCE = '```';

/** Code between two fences, without the line breaks next to them; a fence that is not closed is text. */
function fenced(text: string, code: (text: string) => Html, between: (text: string) => Html): Html[] {
  const parts: Html[] = [];
  let done = 0;
  for (let open = text.indexOf(FENCE); open >= 0; open = text.indexOf(FENCE, done)) {
    const from = open + FENCE.length;
    const close = text.indexOf(FENCE, from + 1);
    if (close < 0) break;
    if (open > done) parts.push(between(text.slice(done, open)));
    parts.push(code(text.slice(from, close).replace(/^\n/, '').replace(/\n$/, '')));
    done = close + FENCE.length;
    if (text[done] === '\n') done += 1;
  }
  if (done < text.length) parts.push(between(text.slice(done)));
  return parts;
}

/** Neighbouring `> ` lines become one quote. */
function quotes(text: string, lookup: Lookup): Html {
  return html`${splitBy(
    text,
    /(?<=^|\n)((?:(?:&gt;|>)[^\n]*(?:\n|$))+)/,
    (match) =>
      html`<blockquote>${inline((match[1] ?? '').replaceAll(/^(?:&gt;|>) ?/gm, '').trimEnd(), lookup)}</blockquote>`,
    (part) => inline(part, lookup),
  )}`;
}

/** Code, links and mentions are set aside first: a mark inside them does not count, and a mark around them styles them. */
function inline(text: string, lookup: Lookup): Html {
  const atoms: Html[] = [];
  const marked = text
    .replaceAll(/[\uFDD0\uFDD1]/g, '')
    .replaceAll(/`([^`\n]+)`|<([^<>\n]+)>|https?:\/\/[^\s<>|*~]+/g, (whole, code?: string, inside?: string) => {
      if (code !== undefined) atoms.push(html`<code>${unescape(code)}</code>`);
      else if (inside !== undefined) atoms.push(reference(inside, lookup));
      else if (lookup.verbatim === true) return whole;
      else atoms.push(address(whole));
      return `\uFDD0${atoms.length - 1}\uFDD1`;
    });
  return styled(marked, atoms);
}

function address(text: string): Html {
  let end = text.length;
  while (end > 0 && `.,;:!?)'"`.includes(text.charAt(end - 1))) end -= 1;
  return html`${link(unescape(text.slice(0, end)), unescape(text.slice(0, end)))}${unescape(text.slice(end))}`;
}

function reference(inside: string, lookup: Lookup): Html {
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? undefined : inside.slice(bar + 1);
  if (target.startsWith('!date^')) return date(target, label);
  if (target.startsWith('#')) return mention('#', label || (lookup.channelName?.(target.slice(1)) ?? target.slice(1)));
  if (target.startsWith('@')) return mention('@', label || (lookup.userName?.(target.slice(1)) ?? target.slice(1)));
  if (target.startsWith('!')) return mention('@', label || target.slice(1).replace(/^subteam\^/, ''));
  const url = safeLink(unescape(target));
  if (url === undefined) return html`${unescape(`<${inside}>`)}`;
  return link(url, label === undefined ? unescape(target.replace(/^mailto:/, '')) : styled(label, []));
}

function date(target: string, fallback: string | undefined): Html {
  const [, seconds = '', template = '', url] = target.split('^');
  const text = unescape(slackDate(Number(seconds), template) ?? fallback ?? '');
  const shown = html`<time title="${fallback === undefined ? '' : unescape(fallback)}">${text}</time>`;
  return safeLink(url) === undefined ? shown : link(unescape(url), shown);
}

/** `sign` only where the name does not begin with it. */
export function mention(sign: '@' | '#', name: string): Html {
  return html`<span class="mention">${name.startsWith(sign) ? '' : sign}${unescape(name)}</span>`;
}

/** A mark counts only at the edge of a word, so that snake_case and 2*3*4 stay as they are. */
const STYLES = [
  {
    mark: /(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]*[^\s*])\*(?![\p{L}\p{N}*])/u,
    tag: (inner: Html) => html`<strong>${inner}</strong>`,
  },
  {
    mark: /(?<![\p{L}\p{N}_])_(?=\S)([^_\n]*[^\s_])_(?![\p{L}\p{N}_])/u,
    tag: (inner: Html) => html`<em>${inner}</em>`,
  },
  {
    mark: /(?<![\p{L}\p{N}~])~(?=\S)([^~\n]*[^\s~])~(?![\p{L}\p{N}~])/u,
    tag: (inner: Html) => html`<del>${inner}</del>`,
  },
];

function styled(text: string, atoms: readonly Html[], from = 0): Html {
  const style = STYLES[from];
  if (style === undefined) {
    return html`${splitBy(
      text,
      /\uFDD0(\d+)\uFDD1/,
      (match) => atoms[Number(match[1])] ?? html``,
      (part) => html`${emoji(unescape(part))}`,
    )}`;
  }
  const rest = (part: string) => styled(part, atoms, from + 1);
  return html`${splitBy(text, style.mark, (match) => style.tag(rest(match[1] ?? '')), rest)}`;
}

/** `matched` for what the pattern finds, `between` for the text around it, in order. */
function splitBy(
  text: string,
  pattern: RegExp,
  matched: (match: RegExpExecArray) => Html,
  between: (text: string) => Html,
): Html[] {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(new RegExp(pattern, `${pattern.flags}g`))) {
    if (match.index > end) parts.push(between(text.slice(end, match.index)));
    parts.push(matched(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(between(text.slice(end)));
  return parts;
}

/** Slack escapes exactly these three; the page escapes them again for itself. */
function unescape(text = ''): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
