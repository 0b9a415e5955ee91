import { BOT_NAME } from '../api/access.ts';
import { slackMessage } from '../api/slack-message.ts';
import type { Message } from '../state/types.ts';
import { renderBlock } from './blocks.ts';
import { html, type Html } from './html.ts';
import { mrkdwn } from './mrkdwn.ts';

export function renderMessage(message: Message): Html {
  const { ts, at, hidden, blocks, text } = message;
  const time = new Date(at);
  return html`<article class="message${hidden && ' hidden'}" id="p${ts.replace('.', '')}" data-ts="${ts}">
    <div class="avatar" aria-hidden="true">R</div>
    <div class="body">
      <div class="by">
        <b>${BOT_NAME}</b><span class="app">APP</span>
        <time datetime="${time.toISOString()}" title="${time.toString()}"
          >${time.toLocaleTimeString('en', { timeStyle: 'short' })}</time
        >
      </div>
      ${hidden && html`<p class="notice">Slack would not display this message: the channel took more than its rate.</p>`}
      ${blocks ? blocks.map(renderBlock) : html`<div class="text">${mrkdwn(text)}</div>`}
      <details class="json">
        <summary>JSON</summary>
        <pre class="code" tabindex="0">${JSON.stringify(slackMessage(message, { allMetadata: true }), null, 2)}</pre>
      </details>
    </div>
  </article>`;
}

/** A line between two days, as Slack draws it. */
export function renderDay(at: number): Html {
  return html`<div class="day"><span>${new Date(at).toLocaleDateString('en', { dateStyle: 'full' })}</span></div>`;
}
