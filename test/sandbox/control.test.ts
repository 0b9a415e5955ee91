import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isLoopback } from '../../sandbox/loopback.ts';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { call, control, oracle, post, sandboxFor } from './support.ts';

let slack: RunningSandbox;
beforeAll(async () => {
  slack = await sandboxFor();
});
beforeEach(() => slack.sandbox.reset());
afterAll(() => slack.close());

const ACME = {
  id: 'T1',
  name: 'Acme',
  token: 'xoxb-acme',
  channels: [
    { id: 'C1A', name: 'reports' },
    { id: 'C1B', name: 'board', private: true, member: false },
  ],
};

test('a second workspace has its own token and channels', async () => {
  await control(slack, 'POST', 'workspaces', ACME);
  expect((await call(slack, 'auth.test', {}, 'xoxb-acme')).body).toMatchObject({ team: 'Acme', team_id: 'T1' });
  const there = { channel: 'C1A', text: 'hello' };
  expect((await call(slack, 'chat.postMessage', there, 'xoxb-acme')).body['ok']).toBe(true);
  expect((await call(slack, 'chat.postMessage', there)).body['error']).toBe('channel_not_found');
});

test('twenty workspaces of fifty channels work', async () => {
  const workspaces = Array.from({ length: 20 }, (_, w) => ({
    id: `TB${w}`,
    name: `Bench ${w}`,
    token: `xoxb-bench-${w}`,
    channels: Array.from({ length: 50 }, (__, c) => ({ id: `CB${w}X${c}`, name: `channel-${c}` })),
  }));
  await Promise.all(workspaces.map((workspace) => control(slack, 'POST', 'workspaces', workspace)));
  const { channels } = (await call(slack, 'conversations.list', { limit: 999 }, 'xoxb-bench-19')).body;
  expect(channels).toHaveLength(50);
});

test('a channel id of another workspace is refused and nothing is added', async () => {
  const taken = { ...ACME, channels: [{ id: 'C0ACME', name: 'x' }] };
  await expect(control(slack, 'POST', 'workspaces', taken)).rejects.toThrow("'C0ACME' belongs to another workspace");
  expect((await call(slack, 'auth.test', {}, 'xoxb-acme')).body['error']).toBe('invalid_auth');
});

test('an unknown channel or token is refused', async () => {
  await expect(control(slack, 'POST', 'channels/C9', {})).rejects.toThrow("no channel 'C9'");
  await expect(control(slack, 'POST', 'tokens/xoxb-x', {})).rejects.toThrow('no such token');
  await expect(control(slack, 'DELETE', 'faults/f9')).rejects.toThrow("no fault 'f9'");
});

test('the state has every workspace with its channels, limits and faults', async () => {
  await post(slack);
  const state = await control(slack, 'GET', 'state');
  expect(state).toMatchObject({ workspaces: [{ id: 'T0SANDBOX', name: 'Sandbox' }], faults: [], rateLimited: 0 });
  expect(state).toHaveProperty('workspaces.0.channels.length', 17);
  expect(state).toHaveProperty('workspaces.0.channels.0', expect.objectContaining({ id: 'C0ACME', messages: 1 }));
});

/** `fetch` will not let a caller choose Host. */
function statusWith(headers: Record<string, string>, method: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(slack.url + path, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('every request with a Host that is not loopback is refused', async () => {
  for (const path of ['/', '/api/auth.test', '/_sandbox/state']) {
    expect(await statusWith({ host: 'evil.example:4747' }, 'GET', path)).toBe(403);
  }
  expect(await statusWith({ host: 'localhost:4747' }, 'GET', '/_sandbox/state')).toBe(200);
});

test('a write from a page of another origin is refused', async () => {
  expect(await statusWith({ origin: 'http://evil.example' }, 'POST', '/_sandbox/reset')).toBe(403);
  expect(await statusWith({ origin: 'http://127.0.0.1:1' }, 'DELETE', '/_sandbox/faults')).toBe(403);
  expect(await statusWith({ origin: slack.url }, 'POST', '/_sandbox/reset')).toBe(200);
  expect(oracle(slack).messages).toEqual([]);
});

test('loopback is localhost, 127.0.0.0/8 and ::1, and no name that looks like them', () => {
  expect(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'].every(isLoopback)).toBe(true);
  expect(['127.0.0.1.evil.example', 'localhost.evil.example', '0.0.0.0', '[::]', ''].some(isLoopback)).toBe(false);
});
