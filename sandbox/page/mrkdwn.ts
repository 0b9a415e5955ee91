import { html, safeLink, type Html } from './html.ts';

/**
 * Slack's mrkdwn (https://docs.slack.dev/messaging/formatting-message-text) as HTML: *bold*, _italic_, ~strike~,
 * `code`, ```blocks```, > quotes, <url|label>, <!here>, <@user>, <#channel|name> and the three escapes.
 */
export function mrkdwn(text: string): Html {
  return html`${splitBy(text, /```\n?([\s\S]+?)\n?```/, (match) => html`<pre class="code">${unescape(match[1])}</pre>`, lines)}`;
}

/** Neighbouring `> ` lines become one quote. */
function lines(text: string): Html {
  return html`${splitBy(
    text,
    /(?:^|\n)((?:&gt;[^\n]*(?:\n|$))+)/,
    (match) => html`<blockquote>${inline((match[1] ?? '').replaceAll(/^&gt; ?/gm, '').trimEnd())}</blockquote>`,
    inline,
  )}`;
}

function inline(text: string): Html {
  return html`${splitBy(text, /`([^`\n]+)`/, (match) => html`<code>${unescape(match[1])}</code>`, links)}`;
}

function links(text: string): Html {
  return html`${splitBy(text, /<([^<>\n]+)>/, (match) => link(match[1] ?? ''), styled)}`;
}

function link(inside: string): Html {
  const [target = '', label] = inside.split('|');
  if (target.startsWith('!date^')) return html`<time>${unescape(label)}</time>`;
  if (/^[!@#]/.test(target)) {
    const name = label ?? target.slice(1).split('^')[0];
    return html`<span class="mention">${target[0] === '#' ? '#' : '@'}${unescape(name)}</span>`;
  }
  const address = safeLink(unescape(target));
  if (address === undefined) return html`${unescape(`<${inside}>`)}`;
  return html`<a href="${address}" target="_blank" rel="noopener noreferrer">${styled(label ?? target)}</a>`;
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

function styled(text: string, from = 0): Html {
  const style = STYLES[from];
  if (style === undefined) return html`${unescape(text)}`;
  const rest = (part: string) => styled(part, from + 1);
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
  return emoji(text).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const EMOJI: Readonly<Record<string, string>> = {
  warning: '⚠️',
  white_check_mark: '✅',
  x: '❌',
  rotating_light: '🚨',
  bar_chart: '📊',
  chart_with_upwards_trend: '📈',
  chart_with_downwards_trend: '📉',
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  red_circle: '🔴',
  arrow_up: '⬆️',
  arrow_down: '⬇️',
  small_red_triangle: '🔺',
  small_red_triangle_down: '🔻',
  calendar: '📅',
  tada: '🎉',
};

/** The few names that reports use; others stay as text, as they do in Slack for a name that it does not know. */
export function emoji(text: string): string {
  return text.replaceAll(/:([a-z_]+):/g, (whole, name: string) => EMOJI[name] ?? whole);
}
