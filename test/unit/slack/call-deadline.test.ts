import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { slackClients } from '../../../src/slack/client.ts';
import { joinChannel, postOnce } from '../../../src/slack/post.ts';

/** Bytes and methods that came, so that also half a request shows. */
let came = { bytes: 0, methods: [] as string[] };
let answer = (_method: string): object => ({ ok: true, ts: '1' });
const server = createServer((request, response) => {
  const method = (request.url ?? '').split('/').at(-1) ?? '';
  came.methods.push(method);
  request.resume();
  request.on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(method))));
});
server.on('connection', (socket) => socket.on('data', ({ length }: Buffer) => (came.bytes += length)));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  came = { bytes: 0, methods: [] };
  answer = () => ({ ok: true, ts: '1' });
  server.closeAllConnections();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A client whose requests open a new connection each, or go over the one that is there. */
function clientOf() {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return slackClients({ apiUrl: `${url}/api/`, sandboxUrl: url }, { ONE: 'xoxb-1' }).of({
    id: 'alpha',
    tokenRef: 'env:ONE',
  });
}

/** Blocks this thread, as if the process had been frozen, when `channel` says that a request has come so far. */
function freezingAt(channel: string, ms: number, { soonAfter = false } = {}): Disposable {
  const freeze = (): void => {
    const until = Date.now() + ms;
    while (Date.now() < until);
  };
  const onMessage = (): void => {
    if (soonAfter) queueMicrotask(freeze);
    else freeze();
  };
  subscribe(channel, onMessage);
  return { [Symbol.dispose]: () => void unsubscribe(channel, onMessage) };
}

const MESSAGE = { channel: 'C1', deliveryId: 'd1', text: 'x', blocks: [] };
const TOO_OLD = { kind: 'not_posted', code: 'claim_too_old' };

test('a process that is frozen while it connects sends no byte of a post whose time is over', async () => {
  const client = await clientOf();
  using _ = freezingAt('undici:client:connected', 120);
  expect(await postOnce(client, { ...MESSAGE, beginBefore: Date.now() + 100 })).toMatchObject(TOO_OLD);
  expect(came).toEqual({ bytes: 0, methods: [] });
});

test('a process that is frozen between the look at the claim and the request sends no byte', async () => {
  const client = await clientOf();
  expect(await postOnce(client, MESSAGE)).toMatchObject({ kind: 'posted' });
  came = { bytes: 0, methods: [] };
  using _ = freezingAt('undici:request:create', 120);
  expect(await postOnce(client, { ...MESSAGE, beginBefore: Date.now() + 100 })).toMatchObject(TOO_OLD);
  expect(came.methods).toEqual([]);
});

test('a process that is frozen between the headers, which are ready, and the first byte sends none', async () => {
  const client = await clientOf();
  using _ = freezingAt('undici:client:sendHeaders', 120, { soonAfter: true });
  expect(await postOnce(client, { ...MESSAGE, beginBefore: Date.now() + 100 })).toMatchObject(TOO_OLD);
  expect(came).toEqual({ bytes: 0, methods: [] });
});

test('a post within its time goes out, and so does another call at the same time without one', async () => {
  const client = await clientOf();
  const both = await Promise.all([
    postOnce(client, { ...MESSAGE, beginBefore: Date.now() + 10_000 }),
    postOnce(client, MESSAGE),
  ]);
  expect(both).toMatchObject([{ kind: 'posted' }, { kind: 'posted' }]);
  expect(came.methods).toHaveLength(2);
});

test('a channel is not joined after the time of the post, before or while the join begins', async () => {
  const client = await clientOf();
  expect(await joinChannel(client, { channel: 'C1', beginBefore: Date.now() - 1 })).toMatchObject(TOO_OLD);
  using _ = freezingAt('undici:client:connected', 120);
  expect(await joinChannel(client, { channel: 'C1', beginBefore: Date.now() + 100 })).toMatchObject(TOO_OLD);
  expect(came.methods).toEqual([]);
});
