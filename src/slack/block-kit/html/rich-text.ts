import { asObject, objectsOf, type Json } from '../json.ts';
import { emoji } from './emoji.ts';
import { html, link, type Html } from './html.ts';
import { mention, type Lookup } from './mrkdwn.ts';
import { slackDate } from './slack-date.ts';

/** A `rich_text` block or table cell: sections, lists, quotes and preformatted text. */
export function richText(block: Json, lookup: Lookup): Html {
  return html`<div class="rich-text">${objectsOf(block['elements']).map((part) => paragraph(part, lookup))}</div>`;
}

function paragraph(part: Json, lookup: Lookup): Html {
  const inside = objectsOf(part['elements']);
  switch (part['type']) {
    case 'rich_text_list':
      return list(part, lookup);
    case 'rich_text_quote':
      return html`<blockquote>${inside.map((one) => inline(one, lookup))}</blockquote>`;
    case 'rich_text_preformatted':
      return html`<pre class="code">${inside.map((one) => inline(one, lookup))}</pre>`;
    default:
      return html`<div class="text" dir="auto">${inside.map((one) => inline(one, lookup))}</div>`;
  }
}

const DEEPEST_INDENT = 8;

function list(part: Json, lookup: Lookup): Html {
  const items = objectsOf(part['elements']).map(
    (item) => html`<li dir="auto">${objectsOf(item['elements']).map((one) => inline(one, lookup))}</li>`,
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

function inline(element: Json, lookup: Lookup): Html {
  return styled(content(element, lookup), asObject(element['style']));
}

function content(element: Json, lookup: Lookup): Html {
  const string = (key: string) => (typeof element[key] === 'string' ? element[key] : '');
  switch (element['type']) {
    case 'link':
      return link(element['url'], string('text') || string('url'));
    case 'emoji':
      return html`${emoji(`:${string('name')}:`)}`;
    case 'user':
      return mention('@', lookup.userName?.(string('user_id')) ?? string('user_id'));
    case 'usergroup':
      return mention('@', string('usergroup_id'));
    case 'broadcast':
      return mention('@', string('range'));
    case 'channel':
      return mention('#', lookup.channelName?.(string('channel_id')) ?? string('channel_id'));
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
