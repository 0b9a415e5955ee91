// New messages, by server-sent events, as HTML that the server has escaped.
const { workspace, channel } = document.body.dataset;
const live = document.querySelector('#live');
const messages = document.querySelector('#messages');
const news = document.querySelector('#news');
const replies = document.querySelector('#replies');

/** A reader at the bottom stays there; the list does not move for one who scrolled up. */
const NEAR_BOTTOM_PX = 80;
/** Older messages leave the page, so that it stays fast under load; the link "Older" shows them again. */
const MESSAGES_KEPT = 200;
const SETTLE_MS = 250;
let unread = 0;

const isAtBottom = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_BOTTOM_PX;
const toBottom = (list) => (list.scrollTop = list.scrollHeight);
const byTs = (ts, list = messages) => list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);

export function openChannel() {
  showTarget();
  if (replies) toBottom(replies);
  news.addEventListener('click', (event) => {
    if (!('live' in messages.dataset)) return;
    event.preventDefault();
    toBottom(messages);
  });
  messages.addEventListener('scroll', () => isAtBottom(messages) && hint(0), { passive: true });
  listen();
}

/** Scrolls to the message of the permalink, or else to the newest. */
function showTarget() {
  const target = document.getElementById(location.hash.slice(1) || messages.dataset.target);
  if (!target) {
    toBottom(messages);
    return;
  }
  target.classList.add('target');
  const isTall = target.clientHeight > target.closest('[role=log]').clientHeight;
  target.scrollIntoView({ block: isTall ? 'start' : 'center' });
  target.focus({ preventScroll: true });
}

function listen() {
  const events = new EventSource(`/_page/events?channel=${channel}`);
  let connectedBefore = false;
  events.addEventListener('open', () => {
    if (connectedBefore) void catchUp();
    connectedBefore = true;
    live.textContent = 'live';
  });
  events.addEventListener('error', () => (live.textContent = 'reconnecting'));
  events.addEventListener('message', (event) => receive(JSON.parse(event.data)));
  events.addEventListener('changed', changed);
  events.addEventListener('reset', () => location.assign(location.pathname));
}

function receive(message) {
  raiseCount(message.channel);
  if (message.workspace !== workspace || message.channel !== channel) return;
  if (message.html && !byTs(message.ts)) add(message.html);
  if (message.threadTs) addReply(message);
}

function add(html) {
  const follow = isAtBottom(messages);
  if ('live' in messages.dataset) {
    messages.insertAdjacentHTML('beforeend', html);
    if (follow) trim();
  }
  if (follow && 'live' in messages.dataset) toBottom(messages);
  else hint(unread + 1);
}

function trim() {
  const all = messages.querySelectorAll('article');
  if (all.length <= MESSAGES_KEPT) return;
  for (const old of [...all].slice(0, all.length - MESSAGES_KEPT)) old.remove();
  const older = messages.querySelector('.page a') ?? addOlder();
  older.textContent = 'Older';
  older.href = `${location.pathname}?before=${messages.querySelector('article').dataset.ts}`;
}

function addOlder() {
  const page = document.createElement('p');
  page.className = 'page';
  messages.prepend(page);
  return page.appendChild(document.createElement('a'));
}

function addReply({ ts, threadTs, reply, replies: link }) {
  const parent = byTs(threadTs);
  if (parent && link) {
    parent.querySelector('.replies')?.remove();
    parent.querySelector('.body').insertAdjacentHTML('beforeend', link);
  }
  if (replies?.parentElement.dataset.thread !== threadTs || byTs(ts, replies)) return;
  const follow = isAtBottom(replies);
  replies.insertAdjacentHTML('beforeend', reply);
  const count = replies.querySelectorAll('article').length - 1;
  replies.querySelector('.reply-count').textContent = `${count} ${count === 1 ? 'reply' : 'replies'}`;
  if (follow) toBottom(replies);
}

function hint(count) {
  unread = count;
  news.hidden = count === 0;
  news.textContent = `${count} new ${count === 1 ? 'message' : 'messages'} ↓`;
}

/** Asks for the messages that were posted while the connection was down. */
async function catchUp() {
  if (!('live' in messages.dataset)) return;
  const last = [...messages.querySelectorAll('article')].at(-1)?.dataset.ts ?? '0.000000';
  const response = await fetch(`/w/${workspace}/c/${channel}/after/${last}`);
  if (!response.ok) {
    location.reload();
    return;
  }
  const html = await response.text();
  if (html.trim() !== '') add(html);
  await refreshFrame();
}

let settling;
/** Asks once for a burst of changes. */
function changed() {
  clearTimeout(settling);
  settling = setTimeout(() => void refreshFrame(), SETTLE_MS);
}

/** Replaces the channels and the head, which say whether a channel is archived; messages and the scroll position stay. */
async function refreshFrame() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  const about = document.querySelector('.pane header .about');
  about.textContent = fresh.querySelector('.pane header .about').textContent;
  if (document.querySelector('#filter input').value === '') {
    document.querySelector('#channels').innerHTML = fresh.querySelector('#channels').innerHTML;
  }
}

function raiseCount(id) {
  const count = document.querySelector(`[data-count="${CSS.escape(id)}"]`);
  if (count) count.textContent = String(Number(count.textContent) + 1);
}
