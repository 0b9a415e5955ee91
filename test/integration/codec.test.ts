import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dataConverterOf } from '../../src/codec/data-converter.ts';
import { readCodecKeys } from '../../src/codec/keys.ts';
import type { Child } from '../../src/local/child-process.ts';
import { deliverWorkflowId } from '../../src/workflows/ids.ts';
import { type App, SECRET_SUBJECT, startApp, workflowBundle } from '../support/app.ts';
import { asText, historyText } from '../support/history.ts';
import { environment, runProgram, startProgram, startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const TOKEN = 'xoxb-7-secret-of-narwhal';
const CODEC_TOKEN = 'secret-of-the-codec-server';
const KEYS = `new:${randomBytes(32).toString('base64')},old:${randomBytes(32).toString('base64')}`;
/** Of report text, of channels and of accounts, none of which may be readable in Temporal. */
const SECRETS = [SECRET_SUBJECT, 'Quagga', 'narwhal', 'NARWHAL', 'Beluga', 'xoxb', KEYS.slice(4, 40)];

let app: App;
let worker: Child;
let schedule: string;
let workflows: string[];
const log: string[] = [];
const ids: Record<string, string> = {};

function variables(): Record<string, string> {
  return {
    DATABASE_URL: app.databaseUrl,
    SLACK_API_URL: app.sandbox.slackApiUrl,
    SLACK_SANDBOX_URL: app.sandbox.url,
    SLACK_REPORTS_TASK_QUEUE: app.taskQueue,
    SLACK_SETTLE_SECONDS: '1',
    SLACK_CHANNEL_INTERVAL_MS: '0',
    SLACK_WORKSPACE_PER_MINUTE: '0',
    SLACK_REPORTS_CODEC_KEYS: KEYS,
    NARWHAL_TOKEN: TOKEN,
    LOG_LEVEL: 'debug',
  };
}

const cli = (...args: string[]) => runProgram(['src/cli.ts', ...args], { folder: app.folder, variables: variables() });

/** A run that ends in every way that there is, by the real worker process with the codec on. */
beforeAll(async () => {
  app = await startApp({ withoutWorker: true, codecKeys: KEYS });
  await addNarwhal();
  schedule = await app.schedule();
  for (const [kind, fields] of Object.entries(KINDS)) {
    ids[kind] = `${kind}-${randomUUID()}`;
    const channel = `C0NARWHAL${kind.toUpperCase()}`;
    const names = { name: `Beluga ${kind}`, channel, channel_name: `#narwhal-${kind}` };
    await app.store.notifications.add([rider(ids[kind], schedule, { workspace_id: 'narwhal', ...names, ...fields })]);
  }
  worker = await startProgram('src/worker.ts', {
    folder: app.folder,
    env: environment(app.folder, variables()),
    onLine: (line) => void log.push(line),
  });

  const runId = await app.schedules.trigger(schedule);
  const held = await until(
    'all but the one that is held up to end',
    async () => {
      const counts = await app.store.deliveries.countByState({});
      return counts.delivered === 2 && counts.failed === 2 && counts.parked === 2 && counts.pending === 1;
    },
    60_000,
  );
  expect(held).toBe(true);
  await until('the held up one to be told to wait', async () => {
    const { raw } = await app.client.workflow.getHandle(await workflowOf('limited')).describe();
    return (raw.pendingActivities?.[0]?.attempt ?? 0) > 1;
  });
  workflows = [runId, ...(await Promise.all(Object.keys(KINDS).map(workflowOf)))];
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await app[Symbol.asyncDispose]();
});

const KINDS: Record<string, object> = {
  plain: {},
  lost: {},
  archived: {},
  refused: {},
  limited: {},
  impossible: { account: 'quagga-unknown' },
  untold: { workspace_id: 'untold' },
};

async function addNarwhal(): Promise<void> {
  const channels = Object.keys(KINDS).map((kind) => ({
    id: `C0NARWHAL${kind.toUpperCase()}`,
    name: `narwhal-${kind}`,
    archived: kind === 'archived',
  }));
  const response = await fetch(`${app.sandbox.url}/_sandbox/workspaces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'T0NARWHAL', name: 'Narwhal', token: TOKEN, channels }),
  });
  expect(response.status).toBe(200);
  await app.store.workspaces.put({ id: 'narwhal', name: 'Narwhal', tokenRef: 'env:NARWHAL_TOKEN' });
  await app.store.workspaces.put({ id: 'untold', name: 'Untold', tokenRef: 'env:NOT_SET' });
  const { faults } = app.sandbox.sandbox;
  const post = { method: 'chat.postMessage' } as const;
  faults.add({ ...post, channel: 'C0NARWHALLOST', when: 'after', times: 1, action: { type: 'drop' } });
  faults.add({
    ...post,
    channel: 'C0NARWHALREFUSED',
    when: 'before',
    action: { type: 'error', error: 'invalid_blocks' },
  });
  faults.add({ ...post, channel: 'C0NARWHALLIMITED', when: 'before', action: { type: 'rate_limit', retryAfter: 600 } });
}

async function workflowOf(kind: string): Promise<string> {
  const [row] = await app.store.deliveries.list({ notificationId: ids[kind] }, 1);
  return deliverWorkflowId({ notificationId: row!.notification_id, occurrence: row!.occurrence });
}

describe('with the codec on', () => {
  test('histories show neither report text nor channels nor accounts, in payloads, summaries or failures', async () => {
    for (const id of workflows) {
      const history = await historyText(app.client, id);
      expect(history, 'payloads are searched as text').toContain('binary/encrypted');
      expect(
        SECRETS.filter((secret) => history.includes(secret)),
        id,
      ).toEqual([]);
    }
    expect(await historyText(app.client, await workflowOf('archived'))).toContain('Encoded failure');
  });

  test('nor does what Temporal tells of a workflow or a schedule without its history', async () => {
    for (const id of workflows) {
      const { raw } = await app.client.workflow.getHandle(id).describe();
      expect(
        SECRETS.filter((secret) => asText(raw).includes(secret)),
        id,
      ).toEqual([]);
    }
    const { raw } = await app.client.schedule.getHandle(schedule).describe();
    expect(asText(raw), 'searched as text').toContain('binary/encrypted');
    expect(asText(raw)).not.toContain('Everything due');
  });

  test('no token is in the log, in the store or in what the commands print', async () => {
    expect(log.join('\n'), 'of a run that has failures').toContain('is_archived');
    expect(log.filter((line) => /xoxb|secret-of/.test(line))).toEqual([]);
    const tables = await app.store.db.introspection.getTables();
    expect(tables.map(({ name }) => name)).toContain('deliveries');
    for (const { name } of tables) {
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(app.store.db);
      expect(JSON.stringify(rows), name).not.toMatch(/xoxb|secret-of/);
    }
    for (const args of [['failures', 'list'], ['workspaces', 'list'], ['parked', 'list'], ['doctor']]) {
      const { stdout, stderr } = await cli(...args);
      expect(stdout.length, args.join(' ')).toBeGreaterThan(20);
      expect(stdout + stderr, args.join(' ')).not.toMatch(/xoxb|secret-of/);
    }
  });

  test('commands read and write with the keys, and say which key is missing without them', async () => {
    expect(await cli('schedule', 'describe', schedule)).toMatchObject({ code: 0 });
    const { SLACK_REPORTS_CODEC_KEYS: _, ...without } = variables();
    const { code, stderr } = await runProgram(['src/cli.ts', 'schedule', 'describe', schedule], {
      folder: app.folder,
      variables: without,
    });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('is encrypted with the key "new", which is not known here'),
    ]);
  });

  test('histories replay', async () => {
    const workflowBundleOn = workflowBundle(true);
    const dataConverter = dataConverterOf(readCodecKeys(KEYS));
    for (const id of workflows) {
      const history = await app.client.workflow.getHandle(id).fetchHistory();
      await Worker.runReplayHistory({ workflowBundle: workflowBundleOn, dataConverter }, history, id);
    }
  });

  test("the codec server opens them for Temporal's own command line, to those who have its token", async () => {
    const url = Promise.withResolvers<string>();
    await using server = await startProgram('src/cli.ts', {
      args: ['codec-server', '--port', '0', '--auth-token', 'env:CODEC_TOKEN'],
      folder: app.folder,
      env: environment(app.folder, { ...variables(), CODEC_TOKEN }),
      onLine: (line) => {
        const listens = /listening on (\S+)/.exec(line)?.[1];
        if (listens !== undefined) url.resolve(listens);
      },
    });
    server.exited.then(() => url.reject(new Error(server.lastLines()))).catch(() => undefined);
    const endpoint = await url.promise;
    const asking = ['--address', inject('temporalAddress'), '--codec-endpoint', endpoint];
    const show = ['workflow', 'show', '--output', 'json', '--workflow-id', workflows[3]!];
    const args = [...show, ...asking, '--codec-auth', `Bearer ${CODEC_TOKEN}`];
    const { stdout } = await promisify(execFile)(inject('temporalCli'), args);
    const shown = asText(JSON.parse(stdout));
    for (const part of ['deliveryId', 'Beluga archived → #narwhal-archived: is_archived']) {
      expect(shown).toContain(part);
    }
    expect(
      (await fetch(`${endpoint}/decode`, { method: 'POST', headers: { 'content-type': 'application/json' } })).status,
    ).toBe(401);
  });
});

test('a run that was begun before there were keys goes on with them, and who lacks them is told which', async () => {
  await using before = await startApp({ withoutWorker: true });
  const rides = randomUUID();
  await before.store.notifications.add([rider(randomUUID(), rides), rider(randomUUID(), rides, { channel: 'C0OPS' })]);
  const run = before.run({ selection: { schedule: rides }, nominalTime: new Date().toISOString() });
  run.catch(() => undefined);
  await using _ = await startWorkerProcess(before, [], { SLACK_REPORTS_CODEC_KEYS: KEYS });
  await expect(run).rejects.toThrow('A payload is encrypted with the key "new", which is not known here');
  expect(await before.store.deliveries.countByState({})).toEqual({ delivered: 2 });
});
