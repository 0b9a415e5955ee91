// What stands at the corner of a message: its link and its JSON.
import { say } from './app.js';

export function copyOnClick(event) {
  const link = event.target.closest('[data-copy-link]');
  if (!link) return;
  event.preventDefault();
  void copy(link.href, 'Link copied');
}

async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    say('The browser did not let the page copy');
  }
}

export function jsonOnClick(event) {
  const link = event.target.closest('[data-json]');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const body = link.closest('article').querySelector('.body');
  const open = body.querySelector('.json');
  link.setAttribute('aria-expanded', String(!open));
  if (open) open.remove();
  else void showJson(link.href, body);
}

async function showJson(address, body) {
  const response = await fetch(address);
  const text = response.ok ? await response.text() : 'The sandbox no longer has this message.';
  body.append(jsonBox(text));
}

function jsonBox(text) {
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
  button.addEventListener('click', () => void copy(text, 'JSON copied'));
  box.append(button, code);
  return box;
}
