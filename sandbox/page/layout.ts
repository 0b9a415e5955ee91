import type { Store } from '../state/store.ts';
import type { Workspace } from '../state/types.ts';
import { CONTENT_STYLES } from './content.ts';
import { FRAME_STYLE } from './frame.ts';
import { html, type Html } from './html.ts';
import { sidebar, type Place } from './sidebar.ts';

/** What every page needs to be drawn. */
export interface View {
  store: Store;
  workspace: Workspace;
  /** Undefined follows the system. */
  theme: 'light' | 'dark' | undefined;
}

interface Page extends Place {
  title: string;
  main: Html;
  /** What the search field holds. */
  query?: string;
}

const STYLES = [...CONTENT_STYLES, 'page.css', 'sidebar.css', FRAME_STYLE, 'panels.css'];

export function layout({ store, workspace, theme }: View, { title, main, query = '', ...place }: Page): Html {
  return html`<!doctype html>
    <html lang="en" ${theme && html`data-theme="${theme}"`}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · ${workspace.name} · Slack sandbox</title>
        <link rel="icon" href="/_page/icon.svg" type="image/svg+xml" />
        ${STYLES.map((name) => html`<link rel="stylesheet" href="/_page/${name}" />`)}
        <script src="/_page/app.js" type="module"></script>
      </head>
      <body data-workspace="${workspace.id}" data-channel="${place.channel?.id ?? ''}">
        <a class="skip" href="#main">Skip to the content</a>
        <div id="top">
          <button type="button" id="menu" aria-controls="sidebar" aria-expanded="false" aria-label="Channels">
            ☰
          </button>
          <form id="search" role="search" action="/w/${workspace.id}/search">
            <input
              name="q"
              type="search"
              value="${query}"
              placeholder="Search ${workspace.name}"
              aria-label="Search messages and channels"
              aria-keyshortcuts="/"
              autocomplete="off"
            />
          </form>
          <button type="button" id="theme" aria-label="Light or dark">◐</button>
          <button type="button" id="help-button" aria-label="Keyboard shortcuts" aria-keyshortcuts="?">?</button>
        </div>
        <nav id="sidebar" aria-label="Workspace">${sidebar(store, workspace, place)}</nav>
        <main id="main" tabindex="-1">${main}</main>
        ${help()}
        <div id="said" class="unseen" role="status"></div>
      </body>
    </html>`;
}

const SHORTCUTS: readonly [string, string][] = [
  ['/', 'Search messages and channels'],
  ['c', 'Find a channel'],
  ['Alt ↑ Alt ↓', 'Channel above, channel below'],
  ['j k', 'Next message, message before'],
  ['l', 'Copy the link of the message'],
  ['o', 'JSON of the message'],
  ['n', 'Newest message'],
  ['t', 'Light, dark, or as the system'],
  ['Esc', 'Close what is open'],
];

function help(): Html {
  return html`<dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keyboard shortcuts</h2>
    <dl>
      ${SHORTCUTS.map(
        ([keys, what]) =>
          html`<div>
            <dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt>
            <dd>${what}</dd>
          </div>`,
      )}
    </dl>
    <form method="dialog"><button class="button">Close</button></form>
  </dialog>`;
}
