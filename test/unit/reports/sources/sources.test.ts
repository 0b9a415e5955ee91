import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cache, sourcesOf } from '../../../../src/reports/sources/sources.ts';
import { databases } from '../../../../src/reports/sources/databases.ts';
import { httpSource } from '../../../../src/reports/sources/http.ts';
import { piecesOf, textOf } from '../../../../src/reports/sources/query.ts';
import { env } from '../../../../src/reports/sources/secrets.ts';
import { temporaryFolder, temporaryStore } from '../../../support/store.ts';

describe('what many ask for', () => {
  test('is loaded once, also by those who ask while it is under way', async () => {
    const cached = cache();
    let loads = 0;
    const load = async () => {
      loads += 1;
      await new Promise(setImmediate);
      return { rate: loads };
    };
    const all = await Promise.all(Array.from({ length: 500 }, () => cached('rates', 60_000, load)));
    expect(new Set(all).size).toBe(1);
    expect(await cached('rates', 60_000, load)).toEqual({ rate: 1 });
    expect(await cached('other', 60_000, load)).toEqual({ rate: 2 });
  });

  test('is loaded again when its time is over, which begins when it is there', async () => {
    let now = 0;
    const cached = cache(() => now);
    expect(await cached('a', 100, async () => 1)).toBe(1);
    now = 99;
    expect(await cached('a', 100, async () => 2)).toBe(1);
    now = 100;
    expect(await cached('a', 100, async () => 3)).toBe(3);
  });

  test('is asked for again after an error, which all who waited get', async () => {
    const cached = cache();
    const both = await Promise.allSettled([
      cached('a', 60_000, () => Promise.reject(new Error('no answer'))),
      cached('a', 60_000, async () => 1),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await cached('a', 60_000, async () => 2)).toBe(2);
  });

  test('does not fill the memory: of many the first is forgotten', async () => {
    const cached = cache();
    for (let nth = 0; nth < 501; nth += 1) await cached(`key-${nth}`, 60_000, async () => 'first');
    expect(await cached('key-0', 60_000, async () => 'again')).toBe('again');
    expect(await cached('key-500', 60_000, async () => 'again')).toBe('first');
  });
});

test('named parameters are found where SQL has them, and nowhere else', () => {
  const text = `select ':no', "a:no", x::date, $$ :no $$ -- :no
    /* :no */ from t where a = :a and b > :from_1 or a = :a`;
  const pieces = piecesOf(text, { a: 1, from_1: 'x', unused: null });
  expect(pieces.values).toEqual([1, 'x', 1]);
  expect(textOf(pieces, (nth) => `$${nth}`)).toContain('a = $1 and b > $2 or a = $3');
  expect(textOf(pieces, () => '?').match(/:no/g)).toHaveLength(5);
  expect(() => piecesOf('select :b', { a: 1 })).toThrow('The query asks for :b, which has no value; there is :a');
});

test('a database that is not there is named, and its address is not', async () => {
  const secret = 'xyz-secret';
  const database = databases('sqlite:none', {
    REPORTS_DB_WRONG: `mysql://root:${secret}@host/db`,
    REPORTS_DB_GONE: `postgres://root:${secret}@127.0.0.1:1/db`,
    REPORTS_DB_FILE: 'sqlite:/nowhere/at/all.db',
  });
  expect(() => database('missing')).toThrow(
    'There is no database "missing": the worker\'s REPORTS_DB_MISSING is not set',
  );
  expect(() => database('../x')).toThrow('cannot be the name of a database');
  for (const name of ['wrong', 'gone', 'file']) {
    const error = await Promise.try(() => database(name).query('select 1')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain(secret);
  }
});

test('a query is a file of the reports folder, and no other file', async () => {
  await using folder = await temporaryFolder();
  await using temporary = await temporaryStore();
  await writeFile(join(folder.path, 'orders.sql'), 'select 1');
  const { queryFile } = sourcesOf(temporary.store.db.withTables(), { storeUrl: '', env: {}, folder: folder.path });
  expect(await queryFile('orders')).toBe('select 1');
  await expect(queryFile('../orders')).rejects.toThrow('cannot be the name of a query');
  await expect(queryFile('other')).rejects.toThrow(/Cannot read the query .*other\.sql/);
});

test('the store itself is one of the databases', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'own.db');
  new DatabaseSync(file).exec('create table t (a); insert into t values (1)');
  expect(await databases(`sqlite:${file}`, {})('store').query('select a from t')).toEqual([{ a: 1 }]);
});

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

async function serverThat(answers: Handler) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => answers(request, response, requests.push(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const json = (response: ServerResponse, value: unknown, status = 200, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
const schema = z.object({ rate: z.number() });

describe('http.json', () => {
  test('tries again where the answer is one of the moment, and not before it may', async () => {
    await using server = await serverThat((_, response, nth) => {
      if (nth === 1) json(response, {}, 503, { 'retry-after': '1' });
      else if (nth === 2) response.destroy();
      else json(response, { rate: 2, more: 'x' });
    });
    const started = performance.now();
    expect(await httpSource({}).json(`${server.url}/rates`, { schema })).toEqual({ rate: 2 });
    expect(server.requests).toHaveLength(3);
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  test.each<[string, Handler, RegExp, number]>([
    ['a refusal', (_, response) => json(response, { detail: 'xyz' }, 403), /GET http.*\/rates: answered 403$/, 1],
    ['what is not JSON', (_, response) => response.end('<html>'), /the answer is not JSON/, 1],
    ['another shape', (_, response) => json(response, { rate: 'x' }), /not as expected: .*rate/s, 1],
    ['too much', (_, response) => json(response, 'x'.repeat(2_000)), /larger than 1000 bytes/, 1],
    ['silence', () => undefined, /no answer in time/, 3],
  ])('refuses %s, and tells neither query nor secret', async (_, handler, problem, requests) => {
    await using server = await serverThat(handler);
    const options = { schema, timeoutMs: 150, maxBytes: 1_000, headers: { 'x-key': env('KEY', 'Bearer ') } };
    const error = await httpSource({ KEY: 'xyz-secret' })
      .json(`${server.url}/rates?token=abc-secret`, options)
      .catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(problem);
    expect(`${(error as Error).stack} ${JSON.stringify((error as Error).cause)}`).not.toContain('secret');
    expect(server.requests).toHaveLength(requests);
    expect(server.requests[0]?.headers['x-key']).toBe('Bearer xyz-secret');
  });

  test('takes no secret elsewhere: a redirect is an error', async () => {
    await using elsewhere = await serverThat((_, response) => json(response, { rate: 1 }));
    await using server = await serverThat((_, response) =>
      response.writeHead(302, { location: `${elsewhere.url}/` }).end(),
    );
    const http = httpSource({ KEY: 'xyz-secret' });
    await expect(http.json(server.url, { schema, headers: { 'x-key': env('KEY') } })).rejects.toThrow('GET');
    expect(elsewhere.requests).toEqual([]);
    expect(await http.json(server.url, { schema })).toEqual({ rate: 1 });
  });

  test('names a secret that is missing or cannot be a header, and never shows it', async () => {
    const http = httpSource({ BROKEN: 'xyz\nsecret' });
    await expect(http.json('http://127.0.0.1:1', { schema, headers: { a: env('NONE') } })).rejects.toThrow(
      'The environment variable NONE is not set',
    );
    await expect(http.json('http://127.0.0.1:1', { schema, headers: { a: env('BROKEN') } })).rejects.toThrow(
      'The header "a" holds what no header may (env:BROKEN)',
    );
    expect(JSON.stringify({ header: env('BROKEN') })).toBe('{"header":"env:BROKEN"}');
  });
});

describe('http.probe', () => {
  test.each<[string, Handler, object]>([
    ['an answer of any kind', (_, response) => json(response, {}, 503), { status: 503, problem: undefined }],
    ['a connection that breaks', (_, response) => response.destroy(), { status: undefined, problem: 'UND_ERR_SOCKET' }],
    ['silence', () => undefined, { status: undefined, problem: 'no answer in time' }],
  ])('tells %s, after one look', async (_, handler, expected) => {
    await using server = await serverThat(handler);
    const probe = await httpSource({}).probe(server.url, { timeoutMs: 150 });
    expect(probe).toMatchObject(expected);
    expect(probe.ms).toBeGreaterThanOrEqual(0);
    expect(server.requests).toHaveLength(1);
  });

  test('tells a port where nothing listens, and an address that is none', async () => {
    const gone = await serverThat(() => undefined);
    await gone[Symbol.asyncDispose]();
    expect(await httpSource({}).probe(gone.url)).toMatchObject({ problem: 'ECONNREFUSED' });
    expect(await httpSource({}).probe('ftp://x')).toMatchObject({ status: undefined, problem: expect.any(String) });
  });
});

async function listener(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const listening = createServer(answer);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    other: `http://localhost:${port}/`,
    [Symbol.asyncDispose]: async () => {
      listening.closeAllConnections();
      listening.close();
    },
  };
}

/** Looks names up before the connection, which then leads elsewhere. */
const rebinding = async () => [{ address: '203.0.113.7', family: 4 }];

describe('an HTTP source is bounded:', () => {
  const shape = z.object({ key: z.string().nullable() });

  test('a redirect to another origin takes no header along, one within it does', async () => {
    await using there = await listener((request, response) => {
      const to = { '/away': `${there.other}end`, '/near': '/end' }[request.url ?? ''];
      if (to !== undefined) response.writeHead(302, { location: to }).end();
      else response.end(JSON.stringify({ key: request.headers['x-api-key'] ?? null }));
    });
    const http = httpSource({});
    const headers = { 'x-api-key': 'k-1' };
    expect(await http.json(`${there.url}away`, { schema: shape, headers })).toEqual({ key: null });
    expect(await http.json(`${there.url}near`, { schema: shape, headers })).toEqual({ key: 'k-1' });
  });

  test('redirects that go round end', async () => {
    await using there = await listener((_, response) => response.writeHead(302, { location: '/' }).end());
    await expect(httpSource({}).json(there.url, { schema: shape })).rejects.toThrow(/redirected too often/);
  });

  test('time counts until the last byte', async () => {
    await using there = await listener((_, response) => {
      response.write('{');
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    const begun = performance.now();
    await expect(httpSource({}).json(there.url, { schema: shape, timeoutMs: 300 })).rejects.toThrow(
      /no answer in time/,
    );
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test.each(['http://169.254.169.254/latest/meta-data/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/'])(
    '%s is asked for nothing',
    async (url) => {
      await expect(httpSource({}).json(url, { schema: shape })).rejects.toThrow(/link-local/);
      expect(await httpSource({}).probe(url)).toMatchObject({
        status: undefined,
        problem: expect.stringMatching(/link-local/),
      });
    },
  );

  test('a name that leads somewhere else by the time of the connection is sent nothing', async () => {
    let asked = 0;
    await using there = await listener((_, response) => {
      asked += 1;
      response.end('{"key":null}');
    });
    const allow = { SLACK_REPORTS_HTTP_ALLOW: '203.0.113.0/24' };
    await expect(httpSource(allow, rebinding).json(there.url, { schema: shape })).rejects.toThrow(
      /not among the hosts of SLACK_REPORTS_HTTP_ALLOW/,
    );
    expect(asked).toBe(0);
    // Through a proxy the connection leads to the proxy.
    const proxied = { ...allow, HTTPS_PROXY: 'http://proxy.example:3128' };
    expect(await httpSource(proxied, rebinding).json(there.url, { schema: shape })).toEqual({ key: null });
  });

  test('a setting says which hosts there are', async () => {
    await using there = await listener((_, response) => response.end('{"key":null}'));
    const allow = (list: string) => httpSource({ SLACK_REPORTS_HTTP_ALLOW: list }).json(there.url, { schema: shape });
    expect(await allow('api.example.com, 127.0.0.0/8')).toEqual({ key: null });
    expect(await allow('127.0.0.1')).toEqual({ key: null });
    await expect(allow('*.example.com,10.0.0.0/8')).rejects.toThrow(/not among the hosts of SLACK_REPORTS_HTTP_ALLOW/);
  });
});
