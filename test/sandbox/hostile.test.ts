import { describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/server.ts';

describe('a page of another site', () => {
  test.each([
    ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }],
    ['a fetch', { origin: 'https://evil.example' }],
    ['a page in a box', { origin: 'null' }],
  ])('posts nothing by GET: %s', async (_, headers) => {
    await using sandbox = await startSandbox({ port: 0 });
    const query = new URLSearchParams({ token: sandbox.token, channel: 'C0ACME', text: 'hello' });
    const answer = await fetch(`${sandbox.url}/api/chat.postMessage?${query.toString()}`, {
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(403);
    expect((await fetch(`${sandbox.url}/_sandbox/state`, { headers: headers as Record<string, string> })).status).toBe(
      403,
    );
    expect(sandbox.sandbox.store.allMessages()).toEqual([]);
  });

  test('keeps no client and no person out', async () => {
    await using sandbox = await startSandbox({ port: 0 });
    const query = new URLSearchParams({ token: sandbox.token, channel: 'C0ACME', text: 'hello' });
    expect(await (await fetch(`${sandbox.url}/api/chat.postMessage?${query.toString()}`)).json()).toMatchObject({
      ok: true,
    });
    const typed = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' };
    expect((await fetch(`${sandbox.url}/api/chat.postMessage?${query.toString()}`, { headers: typed })).status).toBe(
      200,
    );
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await fetch(sandbox.url, { headers: link })).status).toBe(200);
  });
});

test.each([
  ['>', 3_000],
  ['> ', 3_000],
  ['> - ', 1_000],
  ['- ', 3_000],
  ['[', 11_000],
  ['![', 5_000],
  ['*a ', 3_000],
  ['`', 11_000],
  ['#', 11_000],
  ['| a |\n', 1_500],
])('a message of %j shows, and so does its channel', async (text, times) => {
  await using sandbox = await startSandbox({ port: 0 });
  const blocks = [{ type: 'markdown', text: text.repeat(times) }];
  const answer = await fetch(`${sandbox.url}/api/chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: 'C0ACME', text: 'x', blocks }),
  });
  expect(await answer.json()).toMatchObject({ ok: true });
  const begun = performance.now();
  const page = await fetch(sandbox.url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('</html>');
  expect(performance.now() - begun).toBeLessThan(3_000);
});

test('a body that is too large is 413 and is not held', async () => {
  await using sandbox = await startSandbox({ port: 0 });
  for (const path of ['/api/chat.postMessage', '/_sandbox/limits']) {
    const body = JSON.stringify({ text: 'x'.repeat(3 * 1_048_576) });
    const answer = await fetch(sandbox.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status, path).toBe(413);
  }
});
