// Live updates: messages arrive by server-sent events as HTML that the server has escaped.
const { workspace, channel } = document.body.dataset;
const messages = document.querySelector('#messages');
const live = document.querySelector('#live');
const menu = document.querySelector('#menu');

/** A reader at the bottom stays there; one who scrolled up is left alone. */
const NEAR_BOTTOM_PX = 80;

function isAtBottom() {
  return messages.scrollHeight - messages.scrollTop - messages.clientHeight < NEAR_BOTTOM_PX;
}

function scrollToBottom() {
  messages.scrollTop = messages.scrollHeight;
}

function addMessage(message) {
  const count = document.querySelector(`[data-count="${CSS.escape(message.channel)}"]`);
  if (count) count.textContent = String(Number(count.textContent) + 1);
  if (message.workspace !== workspace || message.channel !== channel) return;
  if (messages.querySelector(`[data-ts="${CSS.escape(message.ts)}"]`)) return;
  const follow = isAtBottom();
  messages.insertAdjacentHTML('beforeend', message.html);
  if (follow) scrollToBottom();
}

function listen() {
  const events = new EventSource('/_sandbox/events');
  let connectedBefore = false;
  events.addEventListener('open', () => {
    // What was posted while the connection was down is not sent again.
    if (connectedBefore) location.reload();
    connectedBefore = true;
    live.textContent = 'live';
  });
  events.addEventListener('error', () => (live.textContent = 'reconnecting'));
  events.addEventListener('message', (event) => addMessage(JSON.parse(event.data)));
  events.addEventListener('changed', () => location.reload());
}

menu?.addEventListener('click', () => {
  const isOpen = document.body.classList.toggle('menu-open');
  menu.setAttribute('aria-expanded', String(isOpen));
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !document.body.classList.contains('menu-open')) return;
  menu.click();
  menu.focus();
});

document.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest' });
if (messages) {
  scrollToBottom();
  listen();
}
