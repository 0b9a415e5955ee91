import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FaultAction } from '../../sandbox/state/faults.ts';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { clientOf, control, metadata, oracle, post, sandboxFor } from './support.ts';

let slack: RunningSandbox;
beforeAll(async () => {
  slack = await sandboxFor();
});
beforeEach(() => slack.sandbox.reset());
afterAll(() => slack.close());

/** What `fetch` sees of one call: a status with text, or the failure of the connection. */
async function outcome(signal?: AbortSignal): Promise<{ status: number; text: string } | 'failed'> {
  try {
    const response = await fetch(`${slack.slackApiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.token}` },
      body: new URLSearchParams({ channel: 'C0ACME', text: 'hello' }),
      ...(signal && { signal }),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return 'failed';
  }
}

const ACTIONS: [FaultAction, (seen: Awaited<ReturnType<typeof outcome>>) => void][] = [
  [{ type: 'drop' }, (seen) => expect(seen).toBe('failed')],
  [{ type: 'truncate' }, (seen) => expect(seen).toBe('failed')],
  [{ type: 'status', status: 500 }, (seen) => expect(seen).toMatchObject({ status: 500 })],
  [{ type: 'status', status: 502 }, (seen) => expect(seen).toMatchObject({ status: 502 })],
  [{ type: 'status', status: 503 }, (seen) => expect(seen).toMatchObject({ status: 503 })],
  [{ type: 'html' }, (seen) => expect(seen).toMatchObject({ status: 200, text: expect.stringContaining('<h1>') })],
  [{ type: 'rate_limit', retryAfter: 3 }, (seen) => expect(seen).toMatchObject({ status: 429 })],
  [
    { type: 'error', error: 'fatal_error' },
    (seen) => expect(seen).toEqual({ status: 200, text: '{"ok":false,"error":"fatal_error"}' }),
  ],
];

describe.each(['before', 'after'] as const)('a fault %s the message is stored', (when) => {
  test.each(ACTIONS)('%o', async (action, check) => {
    await control(slack, 'POST', 'faults', { method: 'chat.postMessage', when, action });
    check(await outcome());
    expect(oracle(slack).messages).toHaveLength(when === 'after' ? 1 : 0);
  });

  test('hang: the client waits until it gives up', async () => {
    await control(slack, 'POST', 'faults', { method: 'chat.postMessage', when, action: { type: 'hang' } });
    const giveUp = new AbortController();
    const seen = outcome(giveUp.signal);
    await until(() => slack.sandbox.faults.list()[0]?.fired === 1);
    giveUp.abort();
    expect(await seen).toBe('failed');
    expect(oracle(slack).messages).toHaveLength(when === 'after' ? 1 : 0);
  });

  test('delay: the answer comes late and is the right one', async () => {
    await control(slack, 'POST', 'faults', { when, action: { type: 'delay', ms: 80 } });
    const start = performance.now();
    expect(await outcome()).toMatchObject({ status: 200 });
    expect(performance.now() - start).toBeGreaterThan(75);
    expect(oracle(slack).messages).toHaveLength(1);
  });
});

test('a 429 can lack Retry-After', async () => {
  await control(slack, 'POST', 'faults', { action: { type: 'rate_limit' } });
  const { status, headers } = await post(slack);
  expect(status).toBe(429);
  expect(headers.get('retry-after')).toBeNull();
  expect(oracle(slack).rateLimited).toBe(1);
});

test('@slack/web-api sees the 429 of a fault as its rate limit error', async () => {
  await control(slack, 'POST', 'faults', { action: { type: 'rate_limit', retryAfter: 7 } });
  const posting = clientOf(slack).chat.postMessage({ channel: 'C0ACME', text: 'hello' });
  await expect(posting).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 7 });
});

test('an error may carry the messages of invalid_blocks', async () => {
  const errors = ['downloading image failed [json-pointer:/blocks/1/image_url]'];
  await control(slack, 'POST', 'faults', { action: { type: 'error', error: 'invalid_blocks', errors } });
  expect((await post(slack)).body).toMatchObject({ errors, response_metadata: { messages: [`[ERROR] ${errors[0]}`] } });
});

describe('a fault fires', () => {
  const refuse = { type: 'error', error: 'internal_error' };
  async function firedAt(fault: object, calls: number): Promise<number[]> {
    await control(slack, 'POST', 'faults', { action: refuse, ...fault });
    const numbers: number[] = [];
    for (let call = 1; call <= calls; call += 1) if ((await post(slack)).body['ok'] === false) numbers.push(call);
    return numbers;
  }

  test('on the nth call', async () => expect(await firedAt({ nth: 3 }, 5)).toEqual([3]));
  test('on every nth call', async () => expect(await firedAt({ every: 2 }, 6)).toEqual([2, 4, 6]));
  test('at most the given number of times', async () => expect(await firedAt({ times: 2 }, 5)).toEqual([1, 2]));
  test('only on its method', async () => expect(await firedAt({ method: 'auth.test' }, 2)).toEqual([]));
  test('only in its channel', async () => expect(await firedAt({ channel: 'C0OPS' }, 2)).toEqual([]));
  test('only in its workspace', async () => expect(await firedAt({ workspace: 'T0SANDBOX' }, 2)).toEqual([1, 2]));

  test('by probability, on the same calls for the same seed', async () => {
    const first = await firedAt({ probability: 0.4, seed: 42 }, 40);
    slack.sandbox.reset();
    expect(await firedAt({ probability: 0.4, seed: 42 }, 40)).toEqual(first);
    slack.sandbox.reset();
    expect(await firedAt({ probability: 0.4, seed: 43 }, 40)).not.toEqual(first);
    expect(first.length).toBeGreaterThan(6);
    expect(first.length).toBeLessThan(30);
  });

  test('after the call, counting only successful calls', async () => {
    await control(slack, 'POST', 'faults', { when: 'after', nth: 1, action: refuse });
    expect((await post(slack, { text: '' })).body['error']).toBe('no_text');
    expect((await post(slack)).body['error']).toBe('internal_error');
  });
});

test('faults can be listed and removed, one or all', async () => {
  const first = await control(slack, 'POST', 'faults', { action: { type: 'drop' } });
  await control(slack, 'POST', 'faults', { action: { type: 'html' }, method: 'auth.test' });
  await control(slack, 'DELETE', `faults/${String(first['id'])}`);
  expect(await control(slack, 'GET', 'faults')).toMatchObject({
    faults: [{ method: 'auth.test', calls: 0, fired: 0 }],
  });
  await control(slack, 'DELETE', 'faults');
  expect(await control(slack, 'GET', 'faults')).toEqual({ faults: [] });
});

test('an invalid fault is refused, and the field is named', async () => {
  const adding = control(slack, 'POST', 'faults', { action: { type: 'drop' }, probabilty: 0.5 });
  await expect(adding).rejects.toThrow('probabilty');
});

test('closing ends calls that hang or wait', async () => {
  const other = await sandboxFor();
  await control(other, 'POST', 'faults', { nth: 1, action: { type: 'hang' } });
  await control(other, 'POST', 'faults', { nth: 2, action: { type: 'delay', ms: 60_000 } });
  const waiting = [post(other, metadata('a')), post(other, metadata('b'))].map((call) => call.catch(() => 'ended'));
  await until(() => other.sandbox.faults.list().every(({ fired }) => fired === 1));
  await other.close();
  expect(await Promise.all(waiting)).toEqual(['ended', 'ended']);
});

/** Turns the event loop until the condition holds; the test's own timeout is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
