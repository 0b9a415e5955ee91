// Everything works without this file but what comes live; it asks the server for HTML and puts it in place.
import { openChannel } from './live.js';
import { listenToKeys } from './keys.js';
import { copyOnClick, jsonOnClick } from './tools.js';

const menu = document.querySelector('#menu');
menu.addEventListener('click', () => {
  const isOpen = document.body.classList.toggle('menu-open');
  menu.setAttribute('aria-expanded', String(isOpen));
});

const THEMES = ['', 'light', 'dark'];
const NAMES = { '': 'as the system', light: 'light', dark: 'dark' };
document.querySelector('#theme').addEventListener('click', () => {
  const now = document.documentElement.dataset.theme ?? '';
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  if (next === '') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  // A cookie, so that the next page is drawn in it from its first moment.
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`;
  say(`Colours: ${NAMES[next]}`);
});

const help = document.querySelector('#help');
document.querySelector('#help-button').addEventListener('click', () => help.showModal());

/** Tells those who do not see the page, and shows it to the others for a moment. */
export function say(text) {
  const said = document.querySelector('#said');
  said.textContent = text;
  said.classList.remove('unseen');
  clearTimeout(say.timer);
  say.timer = setTimeout(() => said.classList.add('unseen'), 2_000);
}

const FILTER_DELAY_MS = 120;
const filter = document.querySelector('#filter input');
let typed;
filter.addEventListener('input', () => {
  clearTimeout(typed);
  typed = setTimeout(() => void findChannels(), FILTER_DELAY_MS);
});

async function findChannels() {
  const { workspace, channel } = document.body.dataset;
  const query = new URLSearchParams({ q: filter.value, current: channel });
  const response = await fetch(`/w/${workspace}/channels?${query}`);
  if (response.ok) document.querySelector('#channels').innerHTML = await response.text();
}

filter.form.addEventListener('submit', (event) => {
  const first = document.querySelector('#channels a');
  if (!first) return;
  event.preventDefault();
  location.assign(first.href);
});

const REFRESH_MS = 1_000;
/** Faults and rates change by themselves; what is not different is left alone, so that the focus stays where it is. */
async function refresh() {
  const parts = [...document.querySelectorAll('[data-refresh]')];
  const response = document.hidden ? undefined : await fetch(location.href).catch(() => undefined);
  if (response?.ok) {
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const [index, part] of fresh.querySelectorAll('[data-refresh]').entries()) {
      const shown = parts[index];
      if (!shown || shown.innerHTML === part.innerHTML || shown.contains(document.activeElement)) continue;
      shown.innerHTML = part.innerHTML;
    }
  }
  refreshSoon();
}
function refreshSoon() {
  setTimeout(() => void refresh(), REFRESH_MS);
}
if (document.querySelector('[data-refresh]')) refreshSoon();

document.querySelector('nav [aria-current="page"]')?.scrollIntoView({ block: 'nearest' });
document.addEventListener('click', copyOnClick);
document.addEventListener('click', jsonOnClick);
listenToKeys();
if (document.querySelector('#messages[aria-live]')) openChannel();
