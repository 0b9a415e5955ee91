import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { call, clientOf, control, metadata, oracle, post, sandboxFor } from './support.ts';

const START = Date.UTC(2026, 10, 24, 9);

let now: number;
let slack: RunningSandbox;
beforeEach(async () => {
  now = START;
  slack = await sandboxFor({ limits: {}, now: () => now });
});
afterEach(() => slack.close());

async function statuses(count: number, args: object = {}): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index += 1) seen.push((await post(slack, args)).status);
  return seen;
}

test('a channel takes its burst, then answers 429 with whole seconds to wait', async () => {
  expect(await statuses(6)).toEqual([200, 200, 200, 200, 200, 429]);
  const { status, headers, body } = await post(slack);
  expect({ status, body }).toEqual({ status: 429, body: { ok: false, error: 'ratelimited' } });
  expect(headers.get('retry-after')).toBe('1');
  expect(oracle(slack).messages).toHaveLength(5);
  expect(oracle(slack).rateLimited).toBe(2);
});

test('after Retry-After the channel takes one message again', async () => {
  await statuses(6);
  now += 1_000;
  expect(await statuses(2)).toEqual([200, 429]);
});

test('one full channel does not stop another', async () => {
  await statuses(6);
  expect(await statuses(1, { channel: 'C0OPS' })).toEqual([200]);
});

test('a workspace has a limit over all its channels', async () => {
  await control(slack, 'POST', 'limits', { workspace: { perMinute: 60, burst: 2 } });
  await statuses(2);
  const seen = await post(slack, { channel: 'C0OPS' });
  expect(seen.status).toBe(429);
});

test('a refused message takes no token from the buckets', async () => {
  expect(await statuses(8, { text: '' })).toEqual(Array(8).fill(200));
  expect(await statuses(5)).toEqual([200, 200, 200, 200, 200]);
});

test('each other method has the rate of its tier', async () => {
  await control(slack, 'POST', 'limits', { methods: { 'conversations.list': { perMinute: 20, burst: 2 } } });
  const list = () => call(slack, 'conversations.list');
  expect([(await list()).status, (await list()).status]).toEqual([200, 200]);
  const third = await list();
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '3']);
  expect((await call(slack, 'conversations.info', { channel: 'C0ACME' })).status).toBe(200);
  await expect(clientOf(slack).conversations.list()).rejects.toMatchObject({ retryAfter: 3 });
});

test('in silent hide, messages above the rate are answered ok and never shown', async () => {
  await control(slack, 'POST', 'limits', { silentHide: true });
  expect(await statuses(7)).toEqual(Array(7).fill(200));
  now += 1_000;
  await post(slack);
  const hidden = oracle(slack).messages.map((message) => message.hidden);
  expect(hidden).toEqual([false, true, true, true, true, true, true, false]);
  expect(oracle(slack).hidden).toBe(6);
  const { messages } = await clientOf(slack).conversations.history({ channel: 'C0ACME' });
  expect(messages).toHaveLength(2);
});

test('the history shows a message only after its lag', async () => {
  await control(slack, 'POST', 'limits', { historyLagMs: 5_000 });
  await post(slack);
  const count = async () => (await clientOf(slack).conversations.history({ channel: 'C0ACME' })).messages?.length;
  now += 4_999;
  expect(await count()).toBe(0);
  now += 1;
  expect(await count()).toBe(1);
});

test('a channel of an app that Slack limits is read 15 messages at a time, once a minute', async () => {
  await control(slack, 'POST', 'limits', {
    historyPageMax: 15,
    methods: { 'conversations.history': { perMinute: 1, burst: 1 } },
  });
  for (let nr = 0; nr < 16; nr += 1, now += 1_000) await post(slack);
  const client = clientOf(slack);
  const first = await client.conversations.history({ channel: 'C0ACME', limit: 200 });
  expect(first.messages).toHaveLength(15);
  const cursor = first.response_metadata?.next_cursor ?? '';
  await expect(client.conversations.history({ channel: 'C0ACME', cursor })).rejects.toMatchObject({ retryAfter: 60 });
  now += 60_000;
  expect(await client.conversations.history({ channel: 'C0ACME', cursor })).toMatchObject({ has_more: false });
});

test('an invalid rate is refused', async () => {
  await expect(control(slack, 'POST', 'limits', { channel: { perMinute: 0, burst: 1 } })).rejects.toThrow('perMinute');
});

test('the oracle counts messages and attempts for each delivery, and the busiest second of each channel', async () => {
  await post(slack, metadata('once'));
  await control(slack, 'POST', 'faults', { when: 'before', times: 1, action: { type: 'status', status: 500 } });
  await fetch(`${slack.slackApiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: 'C0ACME', text: 'hello', ...metadata('twice') }),
  });
  now += 999;
  await post(slack, metadata('twice'));
  now += 1;
  await post(slack, metadata('twice'));
  await post(slack, { channel: 'C0OPS' });

  expect(await control(slack, 'GET', 'oracle')).toMatchObject({
    messages: [
      { deliveryId: 'once', workspace: 'T0SANDBOX', channel: 'C0ACME', hidden: false, at: START },
      { deliveryId: 'twice' },
      { deliveryId: 'twice' },
      { deliveryId: null, channel: 'C0OPS' },
    ],
    counts: { once: 1, twice: 2 },
    duplicates: ['twice'],
    hidden: 0,
    maxPerSecond: { C0ACME: 2, C0OPS: 1 },
    rateLimited: 0,
    attempts: { once: [START], twice: [START, START + 999, START + 1_000] },
  });
});
