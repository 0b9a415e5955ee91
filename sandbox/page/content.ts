import { asObject, type Json } from '../../src/slack/problem-list.ts';
import type { Around } from './around.ts';
import { renderBlock } from './blocks.ts';
import { html, link, type Html } from './html.ts';
import { objects, stringOf } from './json.ts';
import { mrkdwn } from './mrkdwn.ts';

/** What chat.postMessage takes of a message that can be seen. */
export interface Content {
  text: string;
  blocks?: readonly Json[] | undefined;
  attachments?: readonly Json[] | undefined;
}

/** The files beside this one that a page needs around `renderContent`. They follow `color-scheme`, light or dark. */
export const CONTENT_STYLES = ['theme.css', 'blocks.css', 'data.css'];

/** A message's content as Slack shows it. Blocks take the place of `text`, which is then only for notifications. */
export function renderContent({ text, blocks = [], attachments = [] }: Content, around: Around = {}): Html {
  return html`<div class="content">
    ${
      blocks.length > 0
        ? blocks.map((block) => renderBlock(block, around))
        : text !== '' && html`<div class="text" dir="auto">${mrkdwn(text, around)}</div>`
    }
    ${attachments.map((attachment) => renderAttachment(attachment, around))}
  </div>`;
}

const NAMED_COLORS = ['good', 'warning', 'danger'];

/** A secondary attachment: a bar of colour beside blocks, or beside the older title, text and fields. */
function renderAttachment(attachment: Json, around: Around): Html {
  const { pretext, title, title_link: address, footer, color } = attachment;
  const text = (value: unknown) => mrkdwn(stringOf(value), around);
  const name = NAMED_COLORS.includes(stringOf(color)) ? stringOf(color) : '';
  const hex = /^#?([0-9a-f]{6})$/i.exec(stringOf(color))?.[1];
  return html`${pretext !== undefined && html`<div class="text" dir="auto">${text(pretext)}</div>`}
    <div class="attachment">
      <svg class="bar ${name}" aria-hidden="true"><rect width="4" height="100%" ${hex && html`fill="#${hex}"`} /></svg>
      <div>
        ${title !== undefined && html`<b>${link(address, stringOf(title))}</b>`}
        ${attachment['text'] !== undefined && html`<div class="text" dir="auto">${text(attachment['text'])}</div>`}
        ${attachmentFields(attachment['fields'], text)}
        ${objects(attachment['blocks']).map((block) => renderBlock(asObject(block), around))}
        ${footer !== undefined && html`<div class="context">${text(footer)}</div>`}
      </div>
    </div>`;
}

function attachmentFields(fields: unknown, text: (value: unknown) => Html): Html | false {
  const shown = objects(fields);
  if (shown.length === 0) return false;
  return html`<div class="fields">
    ${shown.map((field) => html`<div class="text"><b>${stringOf(field['title'])}</b><br />${text(field['value'])}</div>`)}
  </div>`;
}
