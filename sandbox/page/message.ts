import type { Store } from '../state/store.ts';
import type { Message, StoredFile } from '../state/types.ts';
import type { Around } from './around.ts';
import { renderContent } from './content.ts';
import { BOT_NAME, clock, frame } from './frame.ts';
import { html, type Html } from './html.ts';
import { anchorOf, filePath, jsonPath, permalinkPath } from './links.ts';

/** A message in its channel or, beside it, in its thread. An id is given once: the channel may show the same message. */
export function renderMessage(store: Store, message: Message, { inThread = false } = {}): Html {
  const { ts, at, hidden, broadcast, threadTs, files = [] } = message;
  const permalink = permalinkPath(message);
  return html`<article
    class="message${hidden && ' hidden'}"
    ${(!inThread || (threadTs !== undefined && !broadcast)) && html`id="${anchorOf(ts)}"`}
    data-ts="${ts}"
    tabindex="-1"
    aria-label="${BOT_NAME}, ${new Date(at).toLocaleTimeString('en', { timeStyle: 'short' })}"
  >
    ${frame({
      at,
      time: html`<a class="at" href="${permalink}">${clock(at)}</a>
        ${broadcast && html`<span class="at">replied to a thread</span>`}`,
      inside: [
        hidden &&
          html`<p class="notice">Slack would not display this message: the channel took more than its rate.</p>`,
        renderContent(message, aroundOf(store)),
        ...files.map((id) => renderFile(store.files.get(id))),
        !inThread && replyLink(store, message),
      ],
    })}
    <div class="tools">
      <a href="${permalink}" data-copy-link>Copy link</a>
      <a href="${jsonPath(message)}" data-json aria-expanded="false">JSON</a>
    </div>
  </article>`;
}

/** A line between two days, as Slack draws it. */
export function renderDay(at: number): Html {
  return html`<div class="day"><span>${new Date(at).toLocaleDateString('en', { dateStyle: 'full' })}</span></div>`;
}

/** "3 replies" under a message of the channel. */
export function replyLink(store: Store, { workspace, channel, ts, threadTs }: Message): Html | false {
  const replies = threadTs === undefined ? store.log(channel).repliesTo(ts) : [];
  const last = replies.at(-1);
  if (last === undefined) return false;
  return html`<a class="replies" href="/w/${workspace}/c/${channel}?at=${ts}&thread=${ts}"
    >${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}
    <span>Last at ${new Date(last.at).toLocaleTimeString('en', { timeStyle: 'short' })}</span></a
  >`;
}

function renderFile(file: StoredFile | undefined): Html | false {
  if (file === undefined) return false;
  if (file.mimetype.startsWith('image/')) {
    return html`<figure class="image">
      <figcaption>${file.title}</figcaption>
      <img src="${filePath(file)}" alt="${file.altText ?? file.title}" loading="lazy" />
    </figure>`;
  }
  const kind = /\.(\w{1,5})$/.exec(file.name)?.[1] ?? 'file';
  return html`<a class="file" href="${filePath(file)}" download="${file.name}"
    ><span class="kind" aria-hidden="true">${kind}</span
    ><span><b>${file.title}</b><small>${sizeOf(file)}</small></span></a
  >`;
}

function sizeOf({ content }: StoredFile): string {
  const bytes = Buffer.byteLength(content, 'base64');
  return bytes.toLocaleString('en', { style: 'unit', unit: 'byte', unitDisplay: 'long', notation: 'compact' });
}

function aroundOf(store: Store): Around {
  return {
    channelName: (id) => store.channels.get(id)?.name,
    userName: (id) => (/^U\w+BOT$/.test(id) ? BOT_NAME : undefined),
    fileAddress({ id, url }) {
      const file = store.files.get(id ?? /\/files\/(\w+)\//.exec(url ?? '')?.[1] ?? '');
      return file && filePath(file);
    },
  };
}
