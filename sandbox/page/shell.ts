import type { Store } from '../state/store.ts';
import type { Channel, Message, Workspace } from '../state/types.ts';
import { html, type Html } from './html.ts';
import { renderDay, renderMessage } from './message.ts';

/** Enough for a screen and some scrolling; older messages stay in the data and in conversations.history. */
const MESSAGES_SHOWN = 200;

export function renderPage(store: Store, workspace: Workspace, channel: Channel | undefined): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${channel ? `#${channel.name} · ` : ''}${workspace.name} · Slack sandbox</title>
        <link rel="icon" href="/_page/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/_page/style.css" />
        <link rel="stylesheet" href="/_page/sidebar.css" />
        <link rel="stylesheet" href="/_page/blocks.css" />
        <link rel="stylesheet" href="/_page/data.css" />
        <script src="/_page/app.js" type="module"></script>
      </head>
      <body data-workspace="${workspace.id}" data-channel="${channel?.id ?? ''}">
        <a class="skip" href="#messages">Skip to the messages</a>
        <nav id="sidebar" aria-label="Channels">${sidebar(store, workspace, channel)}</nav>
        <main>
          ${channel ? conversation(store, channel) : html`<p class="empty">This workspace has no channels.</p>`}
        </main>
      </body>
    </html>`;
}

function sidebar(store: Store, workspace: Workspace, current: Channel | undefined): Html {
  const others = [...store.workspaces.values()].filter(({ id }) => id !== workspace.id);
  const channels = store.channelsOf(workspace.id).toSorted((a, b) => a.name.localeCompare(b.name));
  return html`<div class="workspace"><b>${workspace.name}</b><span>local sandbox</span></div>
    <h2>Channels</h2>
    <ul>
      ${channels.map((channel) => channelLink(store, channel, channel.id === current?.id))}
    </ul>
    ${
      others.length > 0 &&
      html`<h2>Workspaces</h2>
        <ul>
          ${others.map(
            ({ id, name }) =>
              html`<li>
                <a href="/w/${id}"><span class="name">${name}</span></a>
              </li>`,
          )}
        </ul>`
    }`;
}

function channelLink(store: Store, channel: Channel, isCurrent: boolean): Html {
  const count = store.messagesIn(channel.id).length;
  const marks = [channel.archived && 'archived', !channel.archived && !channel.member && 'not joined'].filter(Boolean);
  return html`<li>
    <a
      href="/w/${channel.workspace}/c/${channel.id}"
      class="${marks.length > 0 ? 'quiet' : ''}"
      ${isCurrent && html`aria-current="page"`}
    >
      ${channelIcon(channel)}<span class="name">${channel.name}</span>
      ${marks.map((mark) => html`<span class="mark">${String(mark)}</span>`)}
      <span class="count" data-count="${channel.id}">${count > 0 && count}</span>
    </a>
  </li>`;
}

function channelIcon(channel: Channel): Html {
  if (!channel.private) return html`<span class="hash" aria-hidden="true">#</span>`;
  return html`<svg class="lock" viewBox="0 0 16 16" role="img" aria-label="private">
    <path d="M4.5 7V5a3.5 3.5 0 0 1 7 0v2" fill="none" stroke="currentColor" stroke-width="1.5" />
    <rect x="3" y="7" width="10" height="7" rx="1.6" fill="currentColor" />
  </svg>`;
}

function conversation(store: Store, channel: Channel): Html {
  const messages = store.messagesIn(channel.id);
  return html`<header>
      <button type="button" id="menu" aria-controls="sidebar" aria-expanded="false" aria-label="Channels">☰</button>
      <h1>${channelIcon(channel)} ${channel.name}</h1>
      <span class="about">${about(channel)}</span>
      <span id="live" role="status">connecting</span>
    </header>
    <section id="messages" aria-label="Messages" tabindex="0">
      <p class="empty">No messages yet. What an app posts to <b>#${channel.name}</b> appears here at once.</p>
      ${messages.length > MESSAGES_SHOWN && html`<p class="older">The newest ${MESSAGES_SHOWN} of ${messages.length} messages</p>`}
      ${withDays(messages.slice(-MESSAGES_SHOWN))}
    </section>
    <footer>
      Only apps post here: <code>POST /api/chat.postMessage</code> with channel <code>${channel.id}</code>
    </footer>`;
}

function about(channel: Channel): string {
  if (channel.archived) return 'Archived: nobody can post';
  if (!channel.member) return 'The app is not in this channel';
  return channel.private ? 'Private channel' : 'Public channel';
}

function withDays(messages: readonly Message[]): Html[] {
  return messages.flatMap((message, index) => {
    const day = new Date(message.at).toDateString();
    const before = messages[index - 1];
    const isSameDay = before !== undefined && new Date(before.at).toDateString() === day;
    return isSameDay ? [renderMessage(message)] : [renderDay(message.at), renderMessage(message)];
  });
}
