import { placeOf } from '../state/channel-log.ts';
import type { Store } from '../state/store.ts';
import type { Channel, Message } from '../state/types.ts';
import { html, type Html } from './html.ts';
import { anchorOf, channelPath } from './links.ts';
import { renderDay, renderMessage } from './message.ts';
import { channelIcon } from './sidebar.ts';

const PAGE = 50;

/** Which part of a channel is shown: the newest page, the one before a ts, or the one around a ts. */
export interface Window {
  before?: string | undefined;
  at?: string | undefined;
  /** The ts of the message whose replies stand beside. */
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
  // What scrolls must be reachable by keyboard.
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
      ${parent ? renderMessage(store, parent, { inThread: true }) : html`<p class="empty">Nobody sees these replies: the message they answer is not there.</p>`}
      <p class="reply-count">${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}</p>
      ${replies.map((reply) => renderMessage(store, reply, { inThread: true }))}
    </div>
  </section>`;
}

/** What came after `ts`, for a page that lost its connection; nothing when that is more than a page. */
export function messagesAfter(store: Store, channel: string, ts: string): Html | undefined {
  const { top } = store.log(channel);
  const news = top.slice(placeOf(top, ts)).filter((message) => message.ts !== ts);
  return news.length > PAGE ? undefined : html`${news.map((message) => renderMessage(store, message))}`;
}

function about(channel: Channel): string {
  if (channel.archived) return 'Archived: nobody can post';
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
