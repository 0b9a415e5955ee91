import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { useProxyOf } from '../../../src/lib/proxy.ts';

const source = (file: string) => JSON.stringify(new URL(`../../../src/${file}`, import.meta.url).href);

/** A process of its own, for the proxy holds for all of it. */
const PROGRAM = `
  import { useProxyOf } from ${source('lib/proxy.ts')};
  import { slackClients } from ${source('slack/client.ts')};
  import { classify } from ${source('slack/errors.ts')};
  useProxyOf(process.env);
  const local = await fetch(process.env.LOCAL_URL).then((response) => response.status);
  const settings = { apiUrl: 'https://slack.invalid/api/', sandboxUrl: 'http://127.0.0.1:9' };
  const client = await slackClients(settings, process.env).of({ id: 'T1', tokenRef: 'env:SLACK_BOT_TOKEN' });
  const { kind, code } = await client.auth.test().then(() => ({}), classify);
  console.log(JSON.stringify({ local, kind, code }));
`;

test('calls to Slack go through the proxy, those to this machine do not, and a 407 was surely not posted', async () => {
  const connects: (string | undefined)[] = [];
  const server = createServer((_, response) => response.end('here'));
  server.on('connect', ({ url }, socket) => {
    connects.push(url);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
    LOCAL_URL: url,
    SLACK_BOT_TOKEN: 'xoxb-1-2-abc',
    PATH: process.env['PATH'],
  };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM], { env });
  server.close();
  expect(JSON.parse(stdout)).toEqual({ local: 200, kind: 'not_posted', code: 'proxy_refused' });
  expect(connects).toEqual(['slack.invalid:443']);
});

test('without a proxy in the environment nothing is changed', () => {
  const env = { NO_PROXY: 'example.com' };
  useProxyOf(env, () => {
    throw new Error('called');
  });
  expect(env).toEqual({ NO_PROXY: 'example.com' });
});

test('a Node that cannot use a proxy is refused, unless it was started to do so', () => {
  const proxy = { https_proxy: 'http://proxy:3128' };
  expect(() => useProxyOf({ ...proxy }, null)).toThrow('https_proxy is set, but Node');
  expect(() => useProxyOf({ ...proxy, NODE_USE_ENV_PROXY: '1' }, null)).not.toThrow();
});

function refuse(): never {
  throw new TypeError('Invalid URL');
}

test('what is no address of a proxy is named', () => {
  const wrong = { HTTPS_PROXY: 'no address' };
  expect(() => useProxyOf(wrong, refuse)).toThrow('HTTPS_PROXY is not the address of a proxy: Invalid URL');
});
