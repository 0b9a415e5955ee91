// The page works without scripts, except for live updates. A script asks the server for HTML and inserts it.
import { openChannel } from './live.js';

const menu = document.querySelector('#menu');
menu.addEventListener('click', () => {
  const isOpen = document.body.classList.toggle('menu-open');
  menu.setAttribute('aria-expanded', String(isOpen));
});

const FILTER_DELAY_MS = 120;
const filter = document.querySelector('#filter input');
let typed;
filter.addEventListener('input', () => {
  clearTimeout(typed);
  typed = setTimeout(() => void findChannels(), FILTER_DELAY_MS);
});
filter.form.addEventListener('submit', (event) => {
  event.preventDefault();
  const first = document.querySelector('#channels a');
  if (first) location.assign(first.href);
});

async function findChannels() {
  const { workspace, channel } = document.body.dataset;
  const query = new URLSearchParams({ q: filter.value, current: channel });
  const response = await fetch(`/w/${workspace}/channels?${query}`);
  if (response.ok) document.querySelector('#channels').innerHTML = await response.text();
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-json]');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const body = link.closest('article').querySelector('.body');
  const open = body.querySelector('.json');
  link.setAttribute('aria-expanded', String(!open));
  if (open) open.remove();
  else void showJson(link.href, body);
});

async function showJson(address, body) {
  const response = await fetch(address);
  const text = response.ok ? await response.text() : 'The sandbox no longer has this message.';
  const box = document.createElement('div');
  box.className = 'json';
  const code = document.createElement('pre');
  code.className = 'code';
  code.tabIndex = 0;
  code.textContent = text;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button';
  button.textContent = 'Copy';
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text).then(
      () => (button.textContent = 'Copied'),
      () => (button.textContent = 'The browser refused to copy'),
    );
  });
  box.append(button, code);
  body.append(box);
}

/** What Slack shows below a message when no app acknowledges a click, also if the button only opens a page. */
document.addEventListener('click', (event) => {
  const message = event.target.closest('.message');
  const pressed = event.target.closest('.content .button');
  if (!message || !pressed || message.querySelector('[data-unacknowledged]')) return;
  const warning = document.createElement('p');
  warning.className = 'notice';
  warning.role = 'alert';
  warning.dataset.unacknowledged = '';
  warning.textContent = '⚠️ This app is not configured to handle interactive responses.';
  message.querySelector('.content').append(warning);
});

const REFRESH_MS = 1_000;
/** Faults and rates change by themselves. Unchanged parts stay, so that the focus stays too. */
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
if (document.querySelector('#messages')) openChannel();
