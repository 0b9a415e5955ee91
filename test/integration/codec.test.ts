import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dataConverterOf } from '../../src/codec/data-converter.ts';
import { readCodecKeys } from '../../src/codec/keys.ts';
import { cancelSend, listSends, sendAt } from '../../src/scheduling/send.ts';
import { SECRET_SUBJECT, startApp, workflowBundle } from '../support/app.ts';
import { type EveryEnding, runEveryEnding, TOKENS } from '../support/every-ending.ts';
import { asText, historyText } from '../support/history.ts';
import { environment, runCli, startProgram, startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const CODEC_TOKEN = 'secret-of-the-codec-server';
const KEYS = `new:${randomBytes(32).toString('base64')},old:${randomBytes(32).toString('base64')}`;
/** Of report text, of channels and of accounts, none of which may be readable in Temporal. */
const SECRETS = [SECRET_SUBJECT, 'Quagga', 'narwhal', 'NARWHAL', 'oryx', 'quokka', 'Beluga', 'xoxb', KEYS.slice(4, 40)];

let all: EveryEnding;

beforeAll(async () => {
  all = await runEveryEnding({ SLACK_REPORTS_CODEC_KEYS: KEYS });
}, 120_000);

afterAll(() => all[Symbol.asyncDispose]());

describe('with the codec on', () => {
  test('histories show neither report text nor channels nor accounts, in payloads, summaries or failures', async () => {
    for (const id of all.workflows) {
      const history = await historyText(all.app.client, id);
      expect(history, 'payloads are searched as text').toContain('binary/encrypted');
      expect(
        SECRETS.filter((secret) => history.includes(secret)),
        id,
      ).toEqual([]);
    }
    expect(await historyText(all.app.client, await all.workflowOf('archived'))).toContain('Encoded failure');
  });

  test('nor does what Temporal shows about a workflow or a schedule without its history', async () => {
    for (const id of all.workflows) {
      const { raw } = await all.app.client.workflow.getHandle(id).describe();
      expect(
        SECRETS.filter((secret) => asText(raw).includes(secret)),
        id,
      ).toEqual([]);
    }
    const { raw } = await all.app.client.schedule.getHandle(all.schedule).describe();
    expect(asText(raw), 'searched as text').toContain('binary/encrypted');
    expect(asText(raw)).not.toContain('Everything due');
  });

  test('no token and no key is in the log, the metrics, the health, the store or in what the commands print', async () => {
    const key = KEYS.slice(4, 40);
    for (const [place, text] of Object.entries(await all.told())) {
      expect(text, place).not.toMatch(TOKENS);
      expect(text, place).not.toContain(key);
    }
  });

  test('commands read and write with the keys, and say which key is missing without them', async () => {
    expect(await all.cli('schedule', 'describe', all.schedule)).toMatchObject({ code: 0 });
    const { SLACK_REPORTS_CODEC_KEYS: _, ...without } = all.variables;
    const { code, stderr } = await runCli(['schedule', 'describe', all.schedule], {
      folder: all.app.folder,
      variables: without,
    });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('is encrypted with the key "new", which is not known here'),
    ]);
  });

  test('and it hinders no application without keys in the same namespace', async () => {
    const { app, schedule, variables } = all;
    const at = new Date('2096-12-24T09:00:00Z');
    const selection = { kind: 'all' as const };
    const { id } = await sendAt(app.client, { at, selection, taskQueue: app.taskQueue });
    const isListed = async (): Promise<boolean> => (await listSends(app.client, app.taskQueue)).length > 0;
    await until('the list of sends', isListed);
    const file = join(app.folder, 'none.yaml');
    await writeFile(file, 'schedules: {}');
    const { SLACK_REPORTS_CODEC_KEYS: _, ...without } = variables;
    const elsewhere = {
      folder: app.folder,
      variables: { ...without, SLACK_REPORTS_TASK_QUEUE: `other-${randomUUID()}` },
    };
    for (const [args, printed] of [
      [['schedule', 'apply', file], 'Nothing to change'],
      [['schedule', 'list'], schedule],
      [['send', 'list'], ''],
    ] as const) {
      const { code, stdout, stderr } = await runCli(args, elsewhere);
      expect([code, stderr], args.join(' ')).toEqual([0, '']);
      expect(stdout).toContain(printed);
    }
    await cancelSend(app.client, id);
  });

  test('histories replay', async () => {
    const workflowBundleOn = workflowBundle(true);
    const dataConverter = dataConverterOf(readCodecKeys(KEYS));
    for (const id of all.workflows) {
      const history = await all.app.client.workflow.getHandle(id).fetchHistory();
      await Worker.runReplayHistory({ workflowBundle: workflowBundleOn, dataConverter }, history, id);
    }
  });

  test("the codec server opens them for Temporal's own command line, to those who have its token", async () => {
    const url = Promise.withResolvers<string>();
    await using server = await startProgram('src/cli/main.ts', {
      args: ['codec-server', '--port', '0', '--auth-token', 'env:CODEC_TOKEN'],
      folder: all.app.folder,
      env: environment(all.app.folder, { ...all.variables, CODEC_TOKEN }),
      onLine: (line) => {
        const listens = /listening on (\S+)/.exec(line)?.[1];
        if (listens !== undefined) url.resolve(listens);
      },
    });
    server.exited.then(() => url.reject(new Error(server.lastLines()))).catch(() => undefined);
    const endpoint = await url.promise;
    const asking = ['--address', inject('temporalAddress'), '--codec-endpoint', endpoint];
    const show = ['workflow', 'show', '--output', 'json', '--workflow-id', all.workflows[3]!];
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
  const run = before.run({ selection: { kind: 'due', schedule: rides }, nominalTime: new Date().toISOString() });
  run.catch(() => undefined);
  await using _ = await startWorkerProcess(before, [], { SLACK_REPORTS_CODEC_KEYS: KEYS });
  await expect(run).rejects.toThrow('A payload is encrypted with the key "new", which is not known here');
  expect(await before.store.deliveries.countByState({})).toEqual({ delivered: 2 });
});
