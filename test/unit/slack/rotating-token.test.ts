import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningSandbox, startSandbox } from 'slack-sandbox';
import { slackClients } from '../../../src/slack/client.ts';
import { channelHistory } from '../../../src/slack/history.ts';
import { postOnce } from '../../../src/slack/post.ts';
import { NO_LIMITS } from '../../support/sandbox.ts';
import { temporaryFolder } from '../../support/store.ts';

const WORKSPACE = 'T0ROTATES';
const CHANNEL = 'C0ROTATES';
const SCOPES = ['chat:write', 'channels:history', 'channels:join'];

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, limits: NO_LIMITS });
  const { store } = sandbox.sandbox;
  store.record({ type: 'workspace', workspace: { id: WORKSPACE, name: 'rotates' } });
  const channel = { id: CHANNEL, workspace: WORKSPACE, name: 'rotates', archived: false, private: false, member: true };
  store.record({ type: 'channel', channel });
});
afterAll(() => sandbox.close());

function give(token: string, state: 'ok' | 'revoked'): void {
  const { store } = sandbox.sandbox;
  store.record({ type: 'token', token: { token, workspace: WORKSPACE, scopes: SCOPES, state } });
}

/** A vault whose answer is in a file, and which counts how often it is asked. */
async function vault(folder: string) {
  const [answer, resolverFile] = [join(folder, 'answer'), join(folder, 'resolver.ts')];
  await writeFile(
    resolverFile,
    `import { readFileSync } from 'node:fs';
     export async function resolveToken() {
       const answer = readFileSync(${JSON.stringify(answer)}, 'utf8');
       if (answer === 'sealed') throw new Error('sealed');
       return answer;
     }`,
  );
  const settings = { apiUrl: sandbox.slackApiUrl, sandboxUrl: sandbox.url, tokenResolver: resolverFile };
  return { slack: slackClients(settings, {}), holds: (token: string) => writeFile(answer, token) };
}

const workspace = { id: WORKSPACE, tokenRef: 'vault:slack/rotates' };
const message = (deliveryId: string) => ({ channel: CHANNEL, deliveryId, text: 'x', blocks: [] });
const posted = (id: string) => sandbox.sandbox.oracle.report().messages.filter(({ deliveryId }) => deliveryId === id);

test('a post whose token Slack refuses goes out with the one that the vault has by now, once', async () => {
  await using folder = await temporaryFolder();
  const { slack, holds } = await vault(folder.path);
  give('xoxb-old', 'ok');
  await holds('xoxb-old');
  const old = await slack.of(workspace);
  expect(await postOnce(old, message('d1'))).toMatchObject({ kind: 'posted' });

  give('xoxb-old', 'revoked');
  give('xoxb-new', 'ok');
  await holds('xoxb-new');
  // Within the minute for which a token is kept.
  expect((await slack.of(workspace)).token).toBe('xoxb-old');
  expect(await postOnce(old, message('d2'))).toMatchObject({ kind: 'posted' });
  expect(posted('d2')).toHaveLength(1);
  const since = new Date();
  const wanted = { workspaceId: WORKSPACE, channel: CHANNEL, deliveryId: 'd2', since, readFrom: 0 };
  expect(await channelHistory().find(old, wanted)).toMatchObject({ kind: 'found' });
  const now = await slack.of(workspace);
  expect(now.token).toBe('xoxb-new');
  expect(slack.tokenHash(workspace, now)).not.toBe(slack.tokenHash(workspace, old));
});

test('a token that is refused and still the only one stays refused', async () => {
  await using folder = await temporaryFolder();
  const { slack, holds } = await vault(folder.path);
  give('xoxb-only', 'revoked');
  await holds('xoxb-only');
  const client = await slack.of(workspace);
  expect(await postOnce(client, message('d3'))).toMatchObject({ kind: 'refused', code: 'token_revoked' });
});

test('a refusal while the vault cannot be asked parks nothing: another token may be there', async () => {
  await using folder = await temporaryFolder();
  const { slack, holds } = await vault(folder.path);
  give('xoxb-last', 'revoked');
  await holds('xoxb-last');
  const client = await slack.of(workspace);
  await holds('sealed');
  expect(await postOnce(client, message('d4'))).toMatchObject({
    kind: 'not_posted',
    code: 'token_unavailable',
    retryAfterMs: 10_000,
  });
  await holds('');
  expect(await postOnce(client, message('d4'))).toMatchObject({ kind: 'refused', code: 'token_revoked' });
});
