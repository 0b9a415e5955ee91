import { deliveryIdOf, type Channel, type Message, type Workspace } from '../state/types.ts';
import type { Store } from '../state/store.ts';
import { html, type Html } from './html.ts';
import { channelPath } from './links.ts';
import { renderMessage } from './message.ts';
import { channelIcon, channelLink, findChannels } from './sidebar.ts';

const PAGE = 25;
const CHANNELS_SHOWN = 10;

/** Messages that have every word of `query`, newest first, and channels by their name. `in:name` keeps to a channel. */
export function searchResults(store: Store, workspace: Workspace, query: string, from = 0): Html {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return panel(
      html`<p class="empty">
        Words of a message, a channel, a delivery id; <code>in:acme-reports</code> keeps to a channel.
      </p>`,
    );
  }
  const plain = words.filter((word) => !word.startsWith('in:'));
  const within = words
    .filter((word) => word.startsWith('in:'))
    .map((word) => word.slice('in:'.length).replace(/^#/, ''));
  const channels = within.length > 0 || plain.length === 0 ? [] : findChannels(store, workspace, plain.join(' '));
  const found = findMessages(store, workspace, plain, within);
  const shown = found.slice(from, from + PAGE);
  return panel(html`
    <h1>${found.length.toLocaleString('en')} ${found.length === 1 ? 'message' : 'messages'} for “${query}”</h1>
    ${
      channels.length > 0 &&
      from === 0 &&
      html`<ul class="found-channels">
        ${channels.slice(0, CHANNELS_SHOWN).map((channel) => channelLink(store, channel))}
      </ul>`
    }
    <div id="messages" role="list" aria-label="Messages found">${shown.map((message) => hit(store, message))}</div>
    ${
      from + PAGE < found.length &&
      html`<p class="page">
        <a href="?q=${encodeURIComponent(query)}&from=${from + PAGE}"
          >${(found.length - from - PAGE).toLocaleString('en')} older</a
        >
      </p>`
    }
  `);
}

function panel(inside: Html): Html {
  return html`<div class="panel results">${inside}</div>`;
}

function hit(store: Store, message: Message): Html {
  const channel = store.channels.get(message.channel);
  return html`<div role="listitem">
    ${channel && html`<p class="where"><a href="${channelPath(channel)}">${channelIcon(channel)} ${channel.name}</a> · ${new Date(message.at).toLocaleDateString('en', { dateStyle: 'medium' })}</p>`}
    ${renderMessage(store, message)}
  </div>`;
}

function findMessages(store: Store, workspace: Workspace, words: string[], within: string[]): Message[] {
  const isWanted = ({ id, name }: Channel) =>
    within.length === 0 || within.some((one) => one === name.toLowerCase() || one === id.toLowerCase());
  return store
    .channelsOf(workspace.id)
    .filter(isWanted)
    .flatMap(({ id }) => store.messagesIn(id))
    .filter((message) => words.every((word) => wordsOf(message).includes(word)))
    .toSorted((a, b) => b.at - a.at);
}

/** A message never changes, so that its words are gathered once. */
const gathered = new WeakMap<Message, string>();

function wordsOf(message: Message): string {
  const known = gathered.get(message);
  if (known !== undefined) return known;
  const { text, blocks, attachments, metadata, ts } = message;
  const words = [text, ts, deliveryIdOf(metadata) ?? '', ...textsIn([blocks, attachments])].join('\n').toLowerCase();
  gathered.set(message, words);
  return words;
}

const SEEN_KEYS = new Set([
  'text',
  'title',
  'label',
  'name',
  'alt_text',
  'value',
  'url',
  'fallback',
  'footer',
  'pretext',
]);

/** Every text that a reader can see, however deep it is. */
function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? (SEEN_KEYS.has(key) ? [inner] : []) : textsIn(inner),
  );
}
