import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { readCodecKeys } from '../../../src/codec/keys.ts';
import { codecApp, type CodecServerParts } from '../../../src/codec/server/app.ts';
import { anyOf, byAccessToken, byToken } from '../../../src/codec/server/authenticate.ts';

const UI = 'http://localhost:8233';
const keys = readCodecKeys(`a:${randomBytes(32).toString('base64')}`)!;

function server(parts: Partial<CodecServerParts> = {}) {
  return codecApp({ keys, namespace: 'default', origins: [UI], authenticate: undefined, isLoopback: true, ...parts });
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const PLAIN = { metadata: { encoding: base64('json/plain') }, data: base64('"Quagga"') };

/** As the Web UI asks. */
function ask(app: ReturnType<typeof server>, verb: string, payloads: unknown, headers: Record<string, string> = {}) {
  return app.request(`http://127.0.0.1:8234/${verb}`, {
    method: 'POST',
    headers: {
      host: '127.0.0.1:8234',
      origin: UI,
      'content-type': 'application/json',
      'x-namespace': 'default',
      ...headers,
    },
    body: JSON.stringify({ payloads }),
  });
}

/** As a browser does before a page of another origin may ask. */
const preflight = (origin: string) =>
  server().request('http://127.0.0.1:8234/decode', {
    method: 'OPTIONS',
    headers: { host: '127.0.0.1:8234', origin, 'access-control-request-method': 'POST' },
  });

test('what it encodes it decodes, and passes on what is not encrypted', async () => {
  const { payloads } = (await (await ask(server(), 'encode', [PLAIN])).json()) as { payloads: (typeof PLAIN)[] };
  expect(JSON.stringify(payloads)).not.toContain(PLAIN.data);
  const answer = await ask(server(), 'decode', [...payloads, PLAIN]);
  expect(answer.headers.get('access-control-allow-origin')).toBe(UI);
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  expect(await answer.json()).toEqual({ payloads: [PLAIN, PLAIN] });
});

test('takes what the CLI sends: no list where it is empty, and no namespace where it has none', async () => {
  const answer = await ask(server(), 'decode', undefined, { 'x-namespace': '' });
  expect([answer.status, await answer.json()]).toEqual([200, { payloads: [] }]);
});

test("lets the Web UI's page ask, as a browser asks first, and no other page", async () => {
  const allowed = await preflight(UI);
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe(UI);
  expect(allowed.headers.get('access-control-allow-headers')).toBe('Content-Type,X-Namespace,Authorization');
  const other = await preflight('https://evil.example');
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
});

test.each([
  ['another site', { origin: 'https://evil.example' }, 403],
  ['a foreign name that points at this machine', { host: 'evil.example:8234' }, 403],
  ['a form, which a page of any site may send', { 'content-type': 'text/plain' }, 415],
  ['another namespace', { 'x-namespace': 'other' }, 403],
])('refuses %s', async (_, headers, status) => {
  const answer = await ask(server(), 'decode', [PLAIN], headers);
  expect(answer.status).toBe(status);
  expect(await answer.text()).not.toContain(PLAIN.data);
});

test.each([
  ['a list of nothing', [null]],
  ['no list', 'all'],
  ['what is not base64', [{ data: '***' }]],
])('refuses a body with %s', async (_, payloads) => {
  expect((await ask(server(), 'decode', payloads)).status).toBe(400);
});

test('says which key it lacks', async () => {
  const other = readCodecKeys(`b:${randomBytes(32).toString('base64')}`)!;
  const { payloads } = (await (await ask(server({ keys: other }), 'encode', [PLAIN])).json()) as { payloads: unknown };
  const answer = await ask(server(), 'decode', payloads);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toBe('A payload is encrypted with the key "b", which is not known here');
});

describe('with a way to tell who asks', () => {
  test('a token: opens to those who send it', async () => {
    const app = server({ authenticate: byToken('the-token'), isLoopback: false });
    for (const authorization of ['', 'Bearer other', 'Bearer ', 'the-token', 'Basic the-token']) {
      const answer = await ask(app, 'decode', [PLAIN], { authorization });
      expect([answer.status, answer.headers.get('www-authenticate')], authorization).toEqual([401, 'Bearer']);
    }
    expect((await ask(app, 'decode', [PLAIN], { authorization: 'Bearer the-token' })).status).toBe(200);
  });

  test('access tokens: opens to the users that are named, while their token is valid', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const stranger = await generateKeyPair('RS256');
    await using jwks = await serving({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }] });
    const claims = new Map([['email', ['ops@example.com', 'lead@example.com']]]);
    const app = server({ authenticate: anyOf([byToken('script'), byAccessToken(jwks.url, claims)]) });
    const sign = (email: string | undefined, expires: string | undefined, key = privateKey) => {
      const jwt = new SignJWT(email === undefined ? {} : { email }).setProtectedHeader({ alg: 'RS256', kid: 'k' });
      return (expires === undefined ? jwt : jwt.setExpirationTime(expires)).sign(key);
    };
    const statusOf = async (token: string) =>
      (await ask(app, 'decode', [PLAIN], { authorization: `Bearer ${token}` })).status;

    expect(await statusOf(await sign('ops@example.com', '5m'))).toBe(200);
    expect(await statusOf(await sign('lead@example.com', '5m'))).toBe(200);
    expect(await statusOf('script')).toBe(200);
    expect(await statusOf(await sign('other@example.com', '5m')), 'another user of the same provider').toBe(401);
    expect(await statusOf(await sign(undefined, '5m')), 'without the claim').toBe(401);
    expect(await statusOf(await sign('ops@example.com', '-5m')), 'expired').toBe(401);
    expect(await statusOf(await sign('ops@example.com', undefined)), 'without an end').toBe(401);
    expect(await statusOf(await sign('ops@example.com', '5m', stranger.privateKey)), 'signed by another').toBe(401);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"email":"ops@example.com","exp":9999999999}').toString('base64url')}.`;
    expect(await statusOf(unsigned), 'not signed').toBe(401);
  });
});

async function serving(body: object) {
  const http = createServer((_, response) => response.end(JSON.stringify(body)));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks.json`);
  return { url, [Symbol.asyncDispose]: async () => void http.close() };
}

test('a body that is too large is 413, whether or not its length is said before', async () => {
  const headers = { host: '127.0.0.1:8234', origin: UI, 'content-type': 'application/json' };
  const large = Buffer.alloc(17 * 1024 * 1024, ' ');
  const streamed = new ReadableStream({
    start(controller) {
      controller.enqueue(large);
      controller.close();
    },
  });
  for (const [body, more] of [
    [large, { 'content-length': String(large.length) }],
    [streamed, {}],
  ] as const) {
    const init = { method: 'POST', headers: { ...headers, ...more }, body, duplex: 'half' as const };
    expect((await server().request('http://127.0.0.1:8234/decode', init)).status).toBe(413);
  }
});
