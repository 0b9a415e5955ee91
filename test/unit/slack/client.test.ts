import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { slackClients } from '../../../src/slack/client.ts';

/** Each call as Slack sees it: the token it came with, and the workspace that its channel is of. */
let calls: { token: string; channel: string }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    calls.push({ token, channel: new URLSearchParams(body).get('channel') ?? '' });
    response.setHeader('content-type', 'application/json').end('{"ok":true,"ts":"1"}');
  });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => (calls = []));
afterAll(() => server.close());

function clients(env: NodeJS.ProcessEnv) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return slackClients({ apiUrl: `${url}/api/`, sandboxUrl: `${url}/sandbox` }, env);
}

test('a token never meets the call of another workspace, in whatever order tokens change and references swap', async () => {
  const step = fc.record({
    workspace: fc.constantFrom('alpha', 'beta', 'gamma'),
    // Which variable holds the workspace's token now: references may swap, and two may be the same.
    ref: fc.constantFrom('env:ONE', 'env:TWO', 'env:THREE', 'sandbox'),
    rotates: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      calls = [];
      const env: Record<string, string> = { ONE: 'xoxb-1-0', TWO: 'xoxb-2-0', THREE: 'xoxb-3-0' };
      const slack = clients(env);
      const expected: string[] = [];
      const posts = [];
      for (const [n, { workspace, ref, rotates }] of steps.entries()) {
        const name = ref.slice('env:'.length);
        if (rotates && ref !== 'sandbox') env[name] = `${env[name]?.slice(0, -1)}${n}`;
        expected.push(`${n} ${ref === 'sandbox' ? 'xoxb-sandbox' : env[name]}`);
        // Not awaited: as fifty deliveries at once ask for their clients.
        posts.push(
          slack
            .of({ id: workspace, tokenRef: ref })
            .then((client) => client.chat.postMessage({ channel: `${n}`, text: '' })),
        );
      }
      await Promise.all(posts);
      expect(calls.map(({ token, channel }) => `${channel} ${token}`).toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 40 },
  );
});

test('no call waits inside the client for others to end', async () => {
  let waiting: (() => void)[] = [];
  const silent = createServer((_, response) => {
    waiting.push(() => response.setHeader('content-type', 'application/json').end('{"ok":true,"ts":"1"}'));
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const slack = slackClients({ apiUrl: `${url}/api/`, sandboxUrl: url }, { ONE: 'xoxb-1' });
  const one = await slack.of({ id: 'alpha', tokenRef: 'env:ONE' });
  const posts = Array.from({ length: 150 }, () => one.chat.postMessage({ channel: 'C0', text: '' }));
  await expect.poll(() => waiting.length, { timeout: 10_000 }).toBe(150);
  for (const answer of waiting) answer();
  waiting = [];
  await Promise.all(posts);
  silent.close();
});

test('a workspace keeps its client while its token stays, and its neighbour has another with the same token', async () => {
  const slack = clients({ ONE: 'xoxb-1' });
  const alpha = await slack.of({ id: 'alpha', tokenRef: 'env:ONE' });
  expect(await slack.of({ id: 'alpha', tokenRef: 'env:ONE' })).toBe(alpha);
  expect(await slack.of({ id: 'beta', tokenRef: 'env:ONE' })).not.toBe(alpha);
});

test('the token of the sandbox, set for a real workspace by mistake, still goes where real tokens go', async () => {
  const slack = clients({ ONE: 'xoxb-sandbox' });
  const local = await slack.of({ id: 'alpha', tokenRef: 'sandbox' });
  const real = await slack.of({ id: 'alpha', tokenRef: 'env:ONE' });
  expect([local.slackApiUrl, real.slackApiUrl].map((url) => new URL(url).pathname)).toEqual(['/sandbox/api/', '/api/']);
});
