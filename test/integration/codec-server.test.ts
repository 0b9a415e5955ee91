import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/lib/ports.ts';
import { runCli, runProgram } from '../support/program.ts';
import { temporaryFolder } from '../support/store.ts';

const KEYS = `a:${randomBytes(32).toString('base64')}`;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => (folder = await temporaryFolder()));
afterAll(() => folder[Symbol.asyncDispose]());

const codecServer = (args: string[], variables: Record<string, string> = { SLACK_REPORTS_CODEC_KEYS: KEYS }) =>
  runCli(['codec-server', ...args], { folder: folder.path, variables });

describe('a codec server does not start', () => {
  test.concurrent.each<[string, string[], string]>([
    ['open to other machines', ['--host', '0.0.0.0'], 'On 0.0.0.0 anyone who can reach it could read every payload'],
    ['for all users of a provider', ['--auth-jwks', 'https://id.test/keys'], '--auth-jwks alone would let in anyone'],
    ['with keys from anywhere', ['--auth-jwks', 'http://id.test/keys', '--auth-claim', 'a=b'], 'it must be https'],
    ['with a claim alone', ['--auth-claim', 'email=a@b.c'], '--auth-claim needs --auth-jwks'],
    ['with half a claim', ['--auth-jwks', 'https://id.test/keys', '--auth-claim', 'email'], 'of the form name=value'],
    [
      'with a token that is not there',
      ['--auth-token', 'env:NOT_SET'],
      'The environment variable NOT_SET holds no token',
    ],
    ['at a port that is none', ['--port', '70000'], 'it must be a number from 0 to 65535'],
    ['for a page that is none', ['--web-ui', 'temporal'], '--web-ui is "temporal"; it must be like https://host'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await codecServer(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(KEYS.slice(2));
  });

  test('without keys', async () => {
    const { code, stderr } = await codecServer([], {});
    expect([code, stderr]).toEqual([2, expect.stringContaining('SLACK_REPORTS_CODEC_KEYS is not set')]);
  });

  test('at a port that is taken', async () => {
    const port = await freePort();
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    const { code, stderr } = await codecServer(['--port', String(port)]);
    taken.close();
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Cannot listen on 127.0.0.1:${port}`)]);
  });
});

test('a worker with keys takes the bundle that hides failures, and says where it is missing', async () => {
  const { code, stderr } = await runProgram(['src/worker.ts'], {
    folder: folder.path,
    variables: { SLACK_REPORTS_CODEC_KEYS: KEYS, SLACK_REPORTS_WORKFLOW_BUNDLE: 'dist/workflows.js' },
  });
  expect(code).toBe(2);
  expect(stderr).toContain('There is no workflow bundle dist/workflows.encrypted.js');
});
