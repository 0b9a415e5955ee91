import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { heartbeatTo } from '../../../src/observability/heartbeat.ts';
import { until } from '../../support/until.ts';

async function listen(status: number) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(status).end('thank you');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    url: `http://127.0.0.1:${port}/ping/0123456789-secret`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a heartbeat is a GET without anything else', async () => {
  await using server = await listen(200);
  const warnings: string[] = [];
  const beat = heartbeatTo(server.url, (message) => warnings.push(message));
  beat();
  await until('the request', () => server.requests.length === 1);
  const [request] = server.requests;
  expect(request?.method).toBe('GET');
  expect(Object.keys(request?.headers ?? {}).filter((name) => /auth|cookie|token/i.test(name))).toEqual([]);
  expect(request?.headers['content-length']).toBeUndefined();
  expect(warnings).toEqual([]);
});

test.each([
  ['an answer with another status', 500, /status 500/],
  ['no answer', undefined, /could not be sent/],
])('%s is a warning without the address, and throws nothing', async (_, status, expected) => {
  await using server = await listen(status ?? 200);
  if (status === undefined) await server[Symbol.asyncDispose]().catch(() => undefined);
  const warnings: string[] = [];
  heartbeatTo(server.url, (message) => warnings.push(message))();
  await until('the warning', () => warnings.length > 0);
  expect(warnings).toEqual([expect.stringMatching(expected)]);
  expect(warnings.join()).not.toContain('secret');
});

test('without an address there is none', () => {
  expect(() => heartbeatTo(undefined, () => {})()).not.toThrow();
});
