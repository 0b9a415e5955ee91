import { readFileSync } from 'node:fs';
import { asObject, objectsOf, stringOf, type Json } from '../json.ts';
import { html, link, type Html } from './html.ts';
import { mrkdwn, type Lookup } from './mrkdwn.ts';
import { renderBlock } from './render-blocks.ts';

/** The style sheet for `renderContent` and `renderFrame`. It follows `color-scheme`, light or dark. */
export function messageStyles(): string {
  return readFileSync(new URL('message.css', import.meta.url), 'utf8');
}

/** The visible arguments of chat.postMessage. */
export interface Content {
  text: string;
  blocks?: readonly Json[] | undefined;
  attachments?: readonly Json[] | undefined;
}

/** A message's content as Slack shows it. Blocks replace `text`, which is then only for notifications. */
export function renderContent({ text, blocks = [], attachments = [] }: Content, lookup: Lookup = {}): Html {
  return html`<div class="content">
    ${
      blocks.length > 0
        ? blocks.map((block) => renderBlock(block, lookup))
        : text !== '' && html`<div class="text" dir="auto">${mrkdwn(text, lookup)}</div>`
    }
    ${attachments.map((attachment) => renderAttachment(attachment, lookup))}
  </div>`;
}

interface Frame {
  author: string;
  /** Epoch milliseconds. */
  at: number;
  /** What follows the name of the author; by default the time. */
  time?: Html;
  inside: readonly (Html | false)[];
}

/** Author, time and content of a message. */
export function renderFrame({ author, at, time = clock(at), inside }: Frame): Html {
  return html`<div class="avatar" aria-hidden="true">${author.slice(0, 1)}</div>
    <div class="body">
      <div class="by"><b>${author}</b><span class="app">APP</span> ${time}</div>
      ${inside}
    </div>`;
}

/** The time of day; the tooltip has the whole date. */
export function clock(at: number): Html {
  const date = new Date(at);
  return html`<time class="at" datetime="${date.toISOString()}" title="${date.toString()}"
    >${date.toLocaleTimeString('en', { timeStyle: 'short' })}</time
  >`;
}

const NAMED_COLORS = ['good', 'warning', 'danger'];

/** A secondary attachment: a coloured bar next to blocks, or next to the older title, text and fields. */
function renderAttachment(attachment: Json, lookup: Lookup): Html {
  const { pretext, title, title_link: address, footer, color } = attachment;
  const text = (value: unknown) => mrkdwn(stringOf(value), lookup);
  const name = NAMED_COLORS.includes(stringOf(color)) ? stringOf(color) : '';
  const hex = /^#?([0-9a-f]{6})$/i.exec(stringOf(color))?.[1];
  return html`${pretext !== undefined && html`<div class="text" dir="auto">${text(pretext)}</div>`}
    <div class="attachment">
      <svg class="bar ${name}" aria-hidden="true"><rect width="4" height="100%" ${hex && html`fill="#${hex}"`} /></svg>
      <div>
        ${title !== undefined && html`<b>${link(address, stringOf(title))}</b>`}
        ${attachment['text'] !== undefined && html`<div class="text" dir="auto">${text(attachment['text'])}</div>`}
        ${attachmentFields(attachment['fields'], text)}
        ${objectsOf(attachment['blocks']).map((block) => renderBlock(asObject(block), lookup))}
        ${footer !== undefined && html`<div class="context">${text(footer)}</div>`}
      </div>
    </div>`;
}

function attachmentFields(fields: unknown, text: (value: unknown) => Html): Html | false {
  const shown = objectsOf(fields);
  if (shown.length === 0) return false;
  return html`<div class="fields">
    ${shown.map((field) => html`<div class="text"><b>${stringOf(field['title'])}</b><br />${text(field['value'])}</div>`)}
  </div>`;
}
