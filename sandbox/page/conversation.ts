import { html, type Html } from '../../src/slack/block-kit/html/html.ts';
import type { Lookup } from '../../src/slack/block-kit/html/mrkdwn.ts';
import { clock, renderContent, renderFrame } from '../../src/slack/block-kit/html/render-message.ts';
import { APP_NAME } from '../api/slack-objects.ts';
import { anchorOf, channelPath, filePath, jsonPath, permalinkPath } from '../links.ts';
import { placeOf } from '../state/channel-log.ts';
import type { Store } from '../state/store.ts';
import type { Channel, Message, StoredFile } from '../state/types.ts';
import { channelIcon } from './layout.ts';

const PAGE = 50;

/** Which part of a channel is shown: the newest page, the one before a ts, or the one around a ts. */
export interface Window {
  before?: string | undefined;
  at?: string | undefined;
  /** The ts of the message whose replies are shown next to the channel. */
  thread?: string | undefined;
}

export function conversation(store: Store, channel: Channel, window: Window): Html {
  const { thread } = window;
  return html`<div class="conversation${thread !== undefined && ' with-thread'}">
    <section class="pane">
      <header>
        <h1>${channelIcon(channel)} ${channel.name}</h1>
        <span class="about">${about(channel)}</span>
        <span id="live" role="status">connecting</span>
      </header>
      ${messages(store, channel, window)}
      <footer>
        Only apps post here: <code>POST /api/chat.postMessage</code> with channel <code>${channel.id}</code>
      </footer>
    </section>
    ${thread !== undefined && threadPane(store, channel, thread)}
  </div>`;
}

function messages(store: Store, channel: Channel, { before, at }: Window): Html {
  const { top } = store.log(channel.id);
  const wanted = before === undefined ? at && Math.max(PAGE, placeOf(top, at) + PAGE / 2) : placeOf(top, before);
  const end = Math.min(top.length, wanted || top.length);
  const start = Math.max(0, end - PAGE);
  const path = channelPath(channel);
  const [oldest, next] = [top[start], top[end]];
  const after = top[end + PAGE];
  const shown = top.slice(start, end);
  return html`<div
      id="messages"
      role="log"
      aria-label="Messages"
      aria-live="off"
      tabindex="0"
      data-target="${at === undefined ? '' : anchorOf(at)}"
      ${next === undefined && html`data-live`}
    >
      <p class="empty">No messages yet. What an app posts to <b>#${channel.name}</b> appears here at once.</p>
      ${oldest && start > 0 && html`<p class="page"><a href="${path}?before=${oldest.ts}">${start.toLocaleString('en')} older</a></p>`}
      ${withDays(store, shown)}
      ${
        next &&
        html`<p class="page">
          <a href="${path}?${after ? `before=${after.ts}` : ''}#${anchorOf(next.ts)}"
            >${(top.length - end).toLocaleString('en')} newer</a
          >
          · <a href="${path}">the newest</a>
        </p>`
      }
    </div>
    <a id="news" class="button primary" href="${path}" hidden></a>`;
}

function threadPane(store: Store, channel: Channel, ts: string): Html {
  const log = store.log(channel.id);
  const parent = log.find(ts);
  const replies = log.repliesTo(ts);
  return html`<section id="thread" class="pane" data-thread="${ts}" tabindex="-1">
    <header>
      <h2>Thread</h2>
      <span class="about">#${channel.name}</span>
      <a class="close" href="${channelPath(channel)}?at=${ts}" aria-label="Close the thread">✕</a>
    </header>
    <div id="replies" role="log" aria-label="Replies" aria-live="off" tabindex="0">
      ${parent ? renderMessage(store, parent, { inThread: true }) : html`<p class="empty">No one sees these replies: the message they answer does not exist.</p>`}
      <p class="reply-count">${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}</p>
      ${replies.map((reply) => renderMessage(store, reply, { inThread: true }))}
    </div>
  </section>`;
}

/** The messages after `ts`, for a page that lost its connection; undefined when there are too many for one page. */
export function messagesAfter(store: Store, channel: string, ts: string): Html | undefined {
  const { top } = store.log(channel);
  const news = top.slice(placeOf(top, ts)).filter((message) => message.ts !== ts);
  return news.length > PAGE ? undefined : html`${news.map((message) => renderMessage(store, message))}`;
}

function about(channel: Channel): string {
  if (channel.person !== undefined) return `Direct messages with ${channel.person}`;
  if (channel.archived) return 'Archived: no one can post';
  if (!channel.member) return 'The app is not in this channel';
  return channel.private ? 'Private channel' : 'Public channel';
}

function withDays(store: Store, shown: readonly Message[]): Html[] {
  return shown.flatMap((message, index) => {
    const day = new Date(message.at).toDateString();
    const before = shown[index - 1];
    const isSameDay = before !== undefined && new Date(before.at).toDateString() === day;
    return isSameDay ? [renderMessage(store, message)] : [renderDay(message.at), renderMessage(store, message)];
  });
}

/** A message in its channel or in the thread next to it. If both show the same message, only one of them has its id. */
export function renderMessage(store: Store, message: Message, { inThread = false } = {}): Html {
  const { ts, at, hidden, broadcast, threadTs, files = [] } = message;
  const permalink = permalinkPath(message);
  return html`<article
    class="message${hidden && ' hidden'}"
    ${(!inThread || (threadTs !== undefined && !broadcast)) && html`id="${anchorOf(ts)}"`}
    data-ts="${ts}"
    tabindex="-1"
    aria-label="${APP_NAME}, ${new Date(at).toLocaleTimeString('en', { timeStyle: 'short' })}"
  >
    ${renderFrame({
      author: APP_NAME,
      at,
      time: html`<a class="at" href="${permalink}">${clock(at)}</a>
        ${broadcast && html`<span class="at">replied to a thread</span>`}`,
      inside: [
        hidden &&
          html`<p class="notice">Slack would not display this message: the channel took more than its rate.</p>`,
        renderContent(message, lookupIn(store)),
        ...files.map((id) => renderFile(store.files.get(id))),
        !inThread && replyLink(store, message),
      ],
    })}
    <div class="tools">
      <a href="${jsonPath(message)}" data-json aria-expanded="false">JSON</a>
    </div>
  </article>`;
}

/** A line between two days, as Slack draws it. */
function renderDay(at: number): Html {
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

function lookupIn(store: Store): Lookup {
  return {
    channelName: (id) => store.channels.get(id)?.name,
    userName: (id) => (/^U\w+BOT$/.test(id) ? APP_NAME : undefined),
    fileAddress({ id, url }) {
      const file = store.files.get(id ?? /\/files\/(\w+)\//.exec(url ?? '')?.[1] ?? '');
      return file && filePath(file);
    },
  };
}
