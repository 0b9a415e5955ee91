import { html, type Html } from '../../src/slack/block-kit/html/html.ts';
import { channelPath } from '../links.ts';
import type { Store } from '../state/store.ts';
import type { Channel, Workspace } from '../state/types.ts';

interface Page extends Place {
  title: string;
  main: Html;
}

/** Every page: the sidebar and `main`. On a narrow window, a button shows the sidebar. */
export function layout(store: Store, workspace: Workspace, { title, main, ...place }: Page): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · ${workspace.name} · Slack sandbox</title>
        <link rel="icon" href="/_page/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/_page/message.css" />
        <link rel="stylesheet" href="/_page/page.css" />
        <link rel="stylesheet" href="/_page/panels.css" />
        <script src="/_page/app.js" type="module"></script>
      </head>
      <body data-workspace="${workspace.id}" data-channel="${place.channel?.id ?? ''}">
        <a class="skip" href="#main">Skip to the content</a>
        <div id="top">
          <button type="button" id="menu" aria-controls="sidebar" aria-expanded="false">☰ ${workspace.name}</button>
        </div>
        <nav id="sidebar" aria-label="Workspace">${sidebar(store, workspace, place)}</nav>
        <main id="main" tabindex="-1">${main}</main>
      </body>
    </html>`;
}

/** Where the reader is. */
interface Place {
  channel?: Channel | undefined;
  panel?: 'faults' | 'rates';
}

/** More than fits on a screen; the filter finds the others. */
const CHANNELS_SHOWN = 100;

const ICONS = { faults: 'M9 2 4 9h3.5L7 14l5-7H8.5Z', rates: 'M3 14V9M8 14V3M13 14V6' };

const byName = new Intl.Collator('en');

function sidebar(store: Store, workspace: Workspace, { channel, panel }: Place): Html {
  const others = [...store.workspaces.values()].filter(({ id }) => id !== workspace.id);
  const link = (name: 'faults' | 'rates', text: string) =>
    html`<li>
      <a href="/w/${workspace.id}/${name}" ${panel === name && html`aria-current="page"`}
        ><svg class="lock" viewBox="0 0 16 16" aria-hidden="true">
          <path d="${ICONS[name]}" fill="none" stroke="currentColor" stroke-width="1.6" /></svg
        ><span class="name">${text}</span></a
      >
    </li>`;
  return html`<div class="workspace"><b>${workspace.name}</b><span>local sandbox</span></div>
    <ul>
      ${link('faults', 'Faults')}${link('rates', 'Rates')}
    </ul>
    <h2>Channels</h2>
    <form id="filter">
      <input
        type="search"
        placeholder="Find a channel"
        aria-label="Find a channel"
        aria-controls="channels"
        autocomplete="off"
      />
    </form>
    <div id="channels">${channelList(store, workspace, { current: channel })}</div>
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

interface ChannelChoice {
  current?: Channel | undefined;
  /** A part of the name, or an id. */
  filter?: string;
}

/** The first channels by name that match the filter, and always the current one when there is no filter. */
export function channelList(store: Store, workspace: Workspace, { current, filter = '' }: ChannelChoice): Html {
  const found = findChannels(store, workspace, filter);
  const shown = found.slice(0, CHANNELS_SHOWN);
  if (current !== undefined && filter === '' && !shown.includes(current)) shown.unshift(current);
  const more = found.length - Math.min(found.length, CHANNELS_SHOWN);
  return html`<ul>
      ${shown.map((channel) => channelLink(store, channel, channel.id === current?.id))}
    </ul>
    ${found.length === 0 && html`<p>No channel has “${filter}” in its name.</p>`}
    ${more > 0 && html`<p>${more.toLocaleString('en')} more; find one by its name.</p>`}`;
}

/** By name; names that begin with the filter first. */
export function findChannels(store: Store, workspace: Workspace, filter: string): Channel[] {
  const wanted = filter.trim().replace(/^#/, '').toLowerCase();
  return store
    .channelsOf(workspace.id)
    .filter(({ id, name }) => name.toLowerCase().includes(wanted) || id.toLowerCase() === wanted)
    .toSorted(
      (a, b) => Number(b.name.startsWith(wanted)) - Number(a.name.startsWith(wanted)) || byName.compare(a.name, b.name),
    );
}

function channelLink(store: Store, channel: Channel, isCurrent = false): Html {
  const count = store.messagesIn(channel.id).length;
  const marks = [channel.archived && 'archived', !channel.archived && !channel.member && 'not joined'].filter(Boolean);
  return html`<li>
    <a
      href="${channelPath(channel)}"
      class="${marks.length > 0 && 'quiet'}"
      data-channel="${channel.id}"
      ${isCurrent && html`aria-current="page"`}
    >
      ${channelIcon(channel)}<span class="name">${channel.name}</span>
      ${marks.map((mark) => html`<span class="mark">${String(mark)}</span>`)}
      <span class="count" data-count="${channel.id}">${count > 0 && count}</span>
    </a>
  </li>`;
}

export function channelIcon({ private: isPrivate }: Channel): Html {
  if (!isPrivate) return html`<span class="hash" aria-hidden="true">#</span>`;
  return html`<svg class="lock" viewBox="0 0 16 16" role="img" aria-label="private">
    <path d="M4.5 7V5a3.5 3.5 0 0 1 7 0v2" fill="none" stroke="currentColor" stroke-width="1.5" />
    <rect x="3" y="7" width="10" height="7" rx="1.6" fill="currentColor" />
  </svg>`;
}
