import { html, type Html } from './html.ts';

/** Slack shows an app's name as its author; the sandbox knows one app. */
export const BOT_NAME = 'Reports';

/** The styles of `frame`, beside those of the content. */
export const FRAME_STYLE = 'message.css';

interface Frame {
  /** Epoch milliseconds. */
  at: number;
  /** What the name of the author is followed by; the time when absent. */
  time?: Html;
  inside: readonly (Html | false)[];
}

/** Author, time and content, as every message has them. */
export function frame({ at, time = clock(at), inside }: Frame): Html {
  return html`<div class="avatar" aria-hidden="true">R</div>
    <div class="body">
      <div class="by"><b>${BOT_NAME}</b><span class="app">APP</span> ${time}</div>
      ${inside}
    </div>`;
}

/** The time of day; all of it where the pointer rests. */
export function clock(at: number): Html {
  const date = new Date(at);
  return html`<time class="at" datetime="${date.toISOString()}" title="${date.toString()}"
    >${date.toLocaleTimeString('en', { timeStyle: 'short' })}</time
  >`;
}
