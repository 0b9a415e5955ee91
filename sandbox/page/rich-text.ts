import { asObject, type Json } from '../../src/slack/problem-list.ts';
import type { Around } from './around.ts';
import { slackDate } from './date.ts';
import { emoji } from './emoji.ts';
import { html, link, type Html } from './html.ts';
import { objects } from './json.ts';
import { mention } from './mrkdwn.ts';

/** A `rich_text` block or table cell: sections, lists, quotes and preformatted text. */
export function richText(block: Json, around: Around): Html {
  return html`<div class="rich-text">${objects(block['elements']).map((part) => paragraph(part, around))}</div>`;
}

function paragraph(part: Json, around: Around): Html {
  const inside = objects(part['elements']);
  switch (part['type']) {
    case 'rich_text_list':
      return list(part, around);
    case 'rich_text_quote':
      return html`<blockquote>${inside.map((one) => inline(one, around))}</blockquote>`;
    case 'rich_text_preformatted':
      return html`<pre class="code">${inside.map((one) => inline(one, around))}</pre>`;
    default:
      return html`<div class="text" dir="auto">${inside.map((one) => inline(one, around))}</div>`;
  }
}

const DEEPEST_INDENT = 8;

function list(part: Json, around: Around): Html {
  const items = objects(part['elements']).map(
    (item) => html`<li dir="auto">${objects(item['elements']).map((one) => inline(one, around))}</li>`,
  );
  const indent = Math.min(DEEPEST_INDENT, Number(part['indent']) || 0);
  if (part['style'] !== 'ordered')
    return html`<ul class="indent-${indent}">
      ${items}
    </ul>`;
  return html`<ol class="indent-${indent}" start="${(Number(part['offset']) || 0) + 1}">
    ${items}
  </ol>`;
}

function inline(element: Json, around: Around): Html {
  return styled(content(element, around), asObject(element['style']));
}

function content(element: Json, around: Around): Html {
  const string = (key: string) => (typeof element[key] === 'string' ? element[key] : '');
  switch (element['type']) {
    case 'link':
      return link(element['url'], string('text') || string('url'));
    case 'emoji':
      return html`${emoji(`:${string('name')}:`)}`;
    case 'user':
      return mention('@', around.userName?.(string('user_id')) ?? string('user_id'));
    case 'usergroup':
      return mention('@', string('usergroup_id'));
    case 'broadcast':
      return mention('@', string('range'));
    case 'channel':
      return mention('#', around.channelName?.(string('channel_id')) ?? string('channel_id'));
    case 'date': {
      const text = slackDate(Number(element['timestamp']), string('format')) ?? string('fallback');
      return html`<time>${text}</time>`;
    }
    case 'color':
      return html`<code>${string('value')}</code>`;
    default:
      return html`${string('text')}`;
  }
}

function styled(inner: Html, { code, bold, italic, strike }: Json): Html {
  let shown = inner;
  if (code === true) shown = html`<code>${shown}</code>`;
  if (strike === true) shown = html`<del>${shown}</del>`;
  if (italic === true) shown = html`<em>${shown}</em>`;
  return bold === true ? html`<strong>${shown}</strong>` : shown;
}
