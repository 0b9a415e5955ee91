// Keyboard: see `SHORTCUTS` in layout.ts.
const KEYS = {
  '/': () => focus('#search input'),
  c: () => (openMenu(true), focus('#filter input')),
  j: () => step(1),
  k: () => step(-1),
  l: () => click('[data-copy-link]'),
  o: () => click('[data-json]'),
  n: () => newest(),
  t: () => document.querySelector('#theme').click(),
  '?': () => document.querySelector('#help').showModal(),
};

export function listenToKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.key === 'Escape') close();
    if (event.altKey) channelBy(event);
    if (event.altKey || document.querySelector('dialog[open]')) return;
    if (event.target.closest('input, select, textarea')) return;
    const arrow = { ArrowDown: 'j', ArrowUp: 'k' }[event.key];
    if (arrow && !document.activeElement.closest('article')) return;
    const act = KEYS[arrow ?? event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function focus(selector) {
  const field = document.querySelector(selector);
  field?.focus();
  field?.select?.();
}

/** The next message of the list that has the focus; without one, the newest that is on the screen. */
function step(by) {
  const list = document.activeElement.closest('#replies') ?? document.querySelector('#messages');
  const all = [...(list?.querySelectorAll('article') ?? [])];
  const now = all.indexOf(document.activeElement.closest('article'));
  const bottom = list?.getBoundingClientRect().bottom;
  const seen = all.findLastIndex((article) => article.getBoundingClientRect().top < bottom);
  const next = all[now < 0 ? seen : Math.min(all.length - 1, Math.max(0, now + by))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
}

function click(selector) {
  document.activeElement.closest('article')?.querySelector(selector)?.click();
}

function newest() {
  const list = document.querySelector('#messages');
  if (list && !('live' in list.dataset)) location.assign(location.pathname);
  const last = [...(list?.querySelectorAll('article') ?? [])].at(-1);
  list?.scrollTo({ top: list.scrollHeight });
  last?.focus({ preventScroll: true });
}

function channelBy(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const links = [...document.querySelectorAll('#channels a')];
  const now = links.findIndex((link) => link.hasAttribute('aria-current'));
  const next = now < 0 ? links[0] : links[now + by];
  if (next) location.assign(next.href);
}

function openMenu(isOpen) {
  document.body.classList.toggle('menu-open', isOpen);
  document.querySelector('#menu').setAttribute('aria-expanded', String(isOpen));
}

/** Whatever is open, the innermost first. The dialog closes by itself. */
function close() {
  const { activeElement: active } = document;
  const json = active.closest('article')?.querySelector('.json') ? active.closest('article') : undefined;
  if (json) {
    json.querySelector('[data-json]').click();
    json.focus();
  } else if (document.body.classList.contains('menu-open')) {
    openMenu(false);
    focus('#menu');
  } else if (active.matches('input')) {
    focus('#messages, #main');
  } else if (!document.querySelector('dialog[open]')) {
    document.querySelector('#thread .close')?.click();
  }
}
