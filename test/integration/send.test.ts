import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { followRun, listSends, rescheduleSend, sendAt, UserError } from 'slack-reports';
import { describe, expect, inject, test } from 'vitest';
import { failWhenEnded } from '../../src/dev/child-process.ts';
import { freePort } from '../../src/lib/ports.ts';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';
import { occurrenceOfInstant } from '../../src/domain/occurrence.ts';
import { untilSent } from '../../src/scheduling/send.ts';
import { type App, startApp } from '../support/app.ts';
import { environment, runProgram, startProgram, startWorkerProcess } from '../support/program.ts';
import { cliOf, json } from '../support/schedules.ts';
import { onDemand } from '../support/store.ts';
import { until } from '../support/until.ts';

const soon = (ms: number) => new Date(Math.ceil((Date.now() + ms) / 1_000) * 1_000);
const FAR = '2096-12-01 09:00 Europe/Berlin';
const REPORT = ['--report', 'account-activity', '--account', 'acme', '--channel', 'C0ACME', '--workspace', 'sandbox'];

/** A notification that is never due; its sends go away with the app. */
async function addNotification(app: App): Promise<string> {
  const id = `n-${randomUUID()}`;
  await app.store.notifications.add([onDemand(id)]);
  return id;
}

/** Nothing that waits for its time is left on the server that all tests share. */
function cleanUp(app: App): void {
  app.defer(async () => {
    for (const { id } of await listSends(app.client, app.taskQueue)) {
      await app.client.schedule.getHandle(`send/${id}`).delete();
    }
  });
}

/** The machine was too slow to ask in time: another one has to do. */
function unlessPast(error: unknown): undefined {
  if (!(error instanceof UserError) || error.code !== 'past_time') throw error;
}

const waiting = (app: App, count: number) =>
  until(`${count} in the list`, async () => {
    const sends = await listSends(app.client, app.taskQueue);
    return sends.length === count && sends;
  });

describe('at a time', () => {
  test('it goes out then, once, however often it was asked for; the nominal time is the one asked for', async () => {
    await using app = await startApp();
    cleanUp(app);
    const id = await addNotification(app);
    const asked = {
      selection: { kind: 'notifications' as const, ids: [id] },
      at: soon(3_000),
      taskQueue: app.taskQueue,
    };
    const [first, second] = await Promise.all([sendAt(app.client, asked), sendAt(app.client, asked)]);
    expect(second).toEqual(first);
    expect(first).toMatchObject({ state: 'waiting', at: asked.at, what: id });
    const result = await followRun(await untilSent(app.client, first.id), () => {});
    expect(result).toMatchObject({ due: 1, delivered: 1, nominalTime: asked.at.toISOString() });
    expect(await app.store.deliveries.list({}, 10)).toMatchObject([
      { occurrence: occurrenceOfInstant(asked.at), dueAt: asked.at.toISOString(), dispatchId: first.dispatchId },
    ]);
    expect(await waiting(app, 1)).toMatchObject([{ id: first.id, state: 'sent', dispatchId: first.dispatchId }]);
    await expect(rescheduleSend(app.client, first.id, { at: soon(60_000) })).rejects.toThrow(UserError);
    await expect(sendAt(app.client, { ...asked, at: new Date() })).rejects.toThrow(/has passed/);
  });

  test('a time that comes while the request is on its way is not passed over', async () => {
    await using app = await startApp();
    cleanUp(app);
    const id = await addNotification(app);
    for (const ahead of [30, 60, 120]) {
      const send = await until(`a request ${ahead} ms before its time`, async () => {
        const at = new Date(Math.floor(Date.now() / 1_000 + 2) * 1_000);
        await setTimeout(at.getTime() - Date.now() - ahead);
        const asked = { selection: { kind: 'notifications' as const, ids: [id] }, at, taskQueue: app.taskQueue };
        return sendAt(app.client, asked).catch(unlessPast);
      });
      await followRun(await untilSent(app.client, send.id), () => {});
    }
    expect(Object.values(app.oracle().counts)).toEqual([1, 1, 1]);
  });

  test('it is listed, moved and cancelled; with a key it is one, whatever the time', async () => {
    await using app = await startApp({ withoutWorker: true });
    cleanUp(app);
    const cli = cliOf(app);
    const id = await addNotification(app);
    const sent = await cli('send', id, '--at', FAR, '--key', 'import-1');
    expect(sent, sent.stderr).toMatchObject({ code: 0, stderr: '' });
    const [one] = await waiting(app, 1);
    const name = one?.id ?? '';
    expect(sent.stdout).toBe(`${name} is sent 2096-12-01T08:00:00Z (2096-12-01 09:00 Europe/Berlin)\n`);
    expect((await cli('send', 'list')).stdout).toContain(
      `${name}  Report ${id} → #acme-reports  2096-12-01T08:00:00Z  waiting  2096-12-01 09:00`,
    );
    expect(await cli('send', id, '--at', '2096-12-02 09:00', '--key', 'import-1')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/exists already, and is waiting for 2096-12-01T08:00:00Z\n.*reschedule/),
    });

    // As in the Web UI.
    await app.client.schedule.getHandle(`send/${name}`).pause('wait for legal');
    await until('the pause in the list', async () => (await waiting(app, 1))[0]?.state === 'paused');
    const moved = await cli('send', 'reschedule', name, '--at', '2096-12-24 18:30 Asia/Tokyo', '--json');
    expect(moved.stderr).toBe('');
    expect(json(moved)).toMatchObject({ id: name, at: '2096-12-24T09:30:00.000Z', state: 'paused' });
    expect((await app.client.schedule.getHandle(`send/${name}`).describe()).state).toMatchObject({
      paused: true,
      remainingActions: 1,
    });

    expect(await cli('send', 'cancel', name)).toMatchObject({ code: 2, stderr: expect.stringContaining('Use --yes') });
    expect(await cli('send', 'cancel', name, '--yes')).toMatchObject({ code: 0, stdout: `${name} cancelled\n` });
    expect(await cli('send', 'cancel', name, '--yes')).toMatchObject({ code: 1 });
    await waiting(app, 0);
    expect(await app.store.notifications.find(id), 'a notification that stays').toBeDefined();
  });

  test('an outage makes it late, and beyond its window missed: both are in the ledger', async () => {
    await using app = await startApp({ withoutWorker: true });
    const [id, tooLate] = [await addNotification(app), await addNotification(app)];
    const where = {
      cliPath: inject('temporalCli'),
      port: await freePort(),
      headless: true,
      dbFile: join(app.folder, 'temporal.db'),
    };
    const first = await startTemporalServer(where);
    app.defer(() => first.stop());
    const at = soon(4_000);
    const { taskQueue } = app;
    await onServer(first.address, async (client) => {
      await sendAt(client, { selection: { kind: 'notifications', ids: [id] }, at, taskQueue });
      await sendAt(client, {
        selection: { kind: 'notifications', ids: [tooLate] },
        at,
        taskQueue,
        catchUpWindowMs: 1_000,
      });
    });
    expect(Date.now()).toBeLessThan(at.getTime());
    await first.stop();
    await until('the time to pass', () => Date.now() > at.getTime() + 2_000);

    await using again = await startTemporalServer(where);
    await using _ = await startWorkerProcess(app, [], { TEMPORAL_ADDRESS: again.address });
    const states = async () => {
      const rows = await app.store.deliveries.list({}, 10);
      return Object.fromEntries(rows.map((row) => [row.notificationId, row.state]));
    };
    await until('both to end', async () => Object.values(await states()).filter(isEnd).length === 2);
    expect(await states()).toEqual({ [id]: 'delivered', [tooLate]: 'missed' });
  }, 120_000);
});

const isEnd = (state: string) => ['delivered', 'missed', 'failed'].includes(state);

async function onServer(address: string, work: (client: Client) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

describe('a report without a notification', () => {
  test('is sent at once, or at its time, and leaves nothing but its row in the ledger', async () => {
    await using app = await startApp();
    cleanUp(app);
    const send = (...more: string[]) => cliOf(app)('send', ...REPORT, '--params', '{"days":3}', ...more);
    const key = `import-${randomUUID()}`;
    const sent = await send('--name', 'After the import', '--key', key);
    expect(sent, sent.stderr).toMatchObject({ code: 0, stdout: '1 notification dispatched: 1 delivered\n' });
    expect((await send('--key', key)).code).toBe(0);
    expect(await app.store.notifications.count()).toBe(0);
    expect(await app.store.deliveries.list({}, 10)).toMatchObject([
      { name: 'After the import', state: 'delivered', occurrence: `key:${key}` },
    ]);
    expect((await send()).stdout).toBe('1 notification dispatched: 1 delivered\n');
    expect(await app.store.notifications.count()).toBe(0);
    const waited = await send('--in', '3 seconds', '--wait');
    expect(waited.stdout).toMatch(/^once-\w+ is sent .*Z\n1 notification dispatched: 1 delivered\n$/);
    expect(await app.store.notifications.count()).toBe(0);
    expect(app.oracle().messages).toHaveLength(3);
  });

  test('waits for its time, and goes when it is cancelled', async () => {
    await using app = await startApp({ withoutWorker: true });
    cleanUp(app);
    const cli = cliOf(app);
    const sent = json(await cli('send', ...REPORT, '--at', FAR, '--json'));
    expect(json(await cli('send', ...REPORT, '--at', FAR, '--json'))).toEqual(sent);
    expect(await app.store.notifications.list()).toMatchObject([{ due: { kind: 'once' }, channel: { id: 'C0ACME' } }]);
    expect((await cli('send', 'cancel', String(sent['id']), '--yes')).code).toBe(0);
    expect(await app.store.notifications.count()).toBe(0);
  });

  const refused: [args: string[], said: string][] = [
    [['--report', 'account-activity'], '--report needs --account and --channel too'],
    [[...REPORT, '--params', '{"days":0}'], 'params.days: '],
    [[...REPORT, '--at', '2020-01-01 09:00'], '"2020-01-01 09:00" has passed'],
    [[...REPORT, '--at', FAR, '--in', '1 hour'], 'Use either --at or --in, not both'],
    [[...REPORT, '--timezone', 'Europe/Berlin'], '--timezone belongs to --at'],
    [[...REPORT, '--workspace', 'sandbx'], 'There is no workspace "sandbx"\n  Did you mean sandbox?'],
    [[...REPORT, '--at', FAR, '--key', 'a b'], 'The key "a b" is not 1 to 100 letters'],
    [[], 'Name a notification, or a report'],
    [['unknown'], 'There is no notification "unknown"'],
    [['unknown', '--test'], 'A test is `send <notification> --test --to <channel>`'],
    [['unknown', '--test', '--to', 'ops'], '--to: must be a channel id'],
    [['unknown', '--test', '--to', 'C0OPS', '--at', FAR], '--at does not belong to a test'],
  ];

  test('is refused where something is wrong, and nothing is made', async () => {
    await using app = await startApp({ withoutWorker: true });
    const cli = cliOf(app);
    const ended = await Promise.all(refused.map(([args]) => cli('send', ...args)));
    for (const [index, { code, stdout, stderr }] of ended.entries()) {
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(`error: ${refused[index]?.[1]}`)]);
    }
    expect(await app.store.notifications.count()).toBe(0);
    expect(await listSends(app.client, app.taskQueue)).toEqual([]);
  });
});

test('removing a notification names the sends that wait for it, and needs no server', async () => {
  await using app = await startApp({ withoutWorker: true });
  cleanUp(app);
  const id = await addNotification(app);
  const send = await sendAt(app.client, {
    selection: { kind: 'notifications', ids: [id] },
    at: new Date('2096-12-01'),
    taskQueue: app.taskQueue,
  });
  await waiting(app, 1);
  expect(await cliOf(app)('notifications', 'remove', id)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      new RegExp(`^The scheduled send ${send.id} names .*: slack-reports send cancel ${send.id}\nerror: Remove `),
    ),
  });
  const other = await addNotification(app);
  const nowhere = cliOf(app, { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  const answers = await Promise.all([
    cliOf(app)('notifications', 'remove', id, '--yes', '--json'),
    nowhere('notifications', 'remove', other, '--yes', '--json'),
  ]);
  expect(answers.map(json)).toEqual([
    { removed: [id], sends: [send.id] },
    { removed: [other], sends: null },
  ]);
});

describe('a test', () => {
  test('goes to the other channel, says so, and leaves the notification as if there was none', async () => {
    await using app = await startApp();
    const id = await addNotification(app);
    const before = new Date();
    const sent = await cliOf(app)('send', id, '--test', '--to', 'C0OPS');
    expect(sent, sent.stderr).toMatchObject({ code: 0, stdout: '1 notification dispatched: 1 delivered\n' });
    const [message] = app.sandbox.sandbox.store.allMessages();
    expect(message).toMatchObject({ channel: 'C0OPS', text: expect.stringMatching(/^\[Test\] /) });
    expect(JSON.stringify(message?.blocks?.[0])).toContain(`Test of “${id}”, sent by hand to this channel only`);
    expect(await app.store.deliveries.list({}, 10)).toMatchObject([
      { occurrence: expect.stringMatching(/^test:C0OPS:/), channel: 'C0OPS', state: 'delivered' },
    ]);
    const later = new Date(Date.now() + 60_000);
    expect(await app.store.work.since(id, later)).toBeUndefined();
    expect(await app.run({ selection: { kind: 'notifications', ids: [id] } })).toMatchObject({ delivered: 1 });
    const since = await app.store.work.since(id, later);
    expect(since?.getTime()).toBeGreaterThanOrEqual(before.getTime() - 1_000);
  });

  test('that its channel refuses fails, and parks nothing', async () => {
    await using app = await startApp();
    const id = await addNotification(app);
    const sent = await cliOf(app)('send', id, '--test', '--to', 'C0LEGACY');
    expect(sent).toMatchObject({
      code: 1,
      stdout: '1 notification dispatched: 0 delivered, 1 failed (C0LEGACY: is_archived)\n',
    });
    expect(await app.store.parking.list()).toEqual([]);
    expect(await app.run({ selection: { kind: 'notifications', ids: [id] } })).toMatchObject({ delivered: 1 });
  });
});

test('the example asks for it, and once more for the same', async () => {
  await using app = await startApp({ withoutWorker: true });
  cleanUp(app);
  const id = await addNotification(app);
  const variables = { DATABASE_URL: app.databaseUrl, SLACK_REPORTS_TASK_QUEUE: app.taskQueue };
  const run = () =>
    runProgram(['examples/trial-ends.ts', id, '2096-12-01T08:00:00Z'], { folder: app.folder, variables });
  const first = await run();
  expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('2096-12-01T08:00:00.000Z') });
  expect((await run()).stdout).toBe(first.stdout);
  await waiting(app, 1);
});

test('a key of a send belongs to one selection, or to one report and channel', async () => {
  await using app = await startApp({ withoutWorker: true });
  cleanUp(app);
  const [one, other] = [await addNotification(app), await addNotification(app)];
  const key = `import-${randomUUID()}`;
  const ask = (id: string) =>
    sendAt(app.client, {
      taskQueue: app.taskQueue,
      at: new Date('2096-12-01T08:00:00Z'),
      selection: { kind: 'notifications', ids: [id] },
      idempotencyKey: key,
    });
  const send = await ask(one);
  await expect(ask(other)).rejects.toMatchObject({ code: 'key_in_use', message: expect.stringContaining(one) });
  expect((await ask(one)).id).toBe(send.id);

  const cli = cliOf(app);
  const report = [...REPORT, '--at', FAR, '--key', `${key}-report`];
  expect(await cli('send', ...report)).toMatchObject({ code: 0 });
  expect(await cli('send', ...report)).toMatchObject({ code: 0 });
  expect(await cli('send', ...report, '--channel', 'C0OPS')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('belongs to the report account-activity of acme to C0ACME'),
  });
});

test('a test of a report that the worker does not know yet says what it waits for, and what to do', async () => {
  await using app = await startApp();
  const reports = join(app.folder, 'reports');
  await mkdir(reports);
  await writeFile(
    join(reports, 'newcomer.ts'),
    `import { defineReport, z } from 'slack-reports/reports';
export default defineReport({
  name: 'newcomer', description: 'New', params: z.looseObject({}), load: async () => 1, render: () => ({ text: 'New', blocks: [] }),
});`,
  );
  const id = `n-${randomUUID()}`;
  await app.store.notifications.add([onDemand(id, { report: 'newcomer' })]);
  const said = Promise.withResolvers<string>();
  await using child = await startProgram('src/cli/main.ts', {
    args: ['send', id, '--test', '--to', 'C0ACME'],
    folder: app.folder,
    env: environment(app.folder, {
      DATABASE_URL: app.databaseUrl,
      SLACK_REPORTS_TASK_QUEUE: app.taskQueue,
      SLACK_SANDBOX_URL: app.sandbox.url,
      SLACK_REPORTS_DIR: reports,
    }),
    onLine: (line) => {
      if (line.includes(' waits: ')) said.resolve(line);
    },
  });
  const line = await Promise.race([said.promise, failWhenEnded(child)]);
  expect(line).toMatch(
    /asks for the unknown report "newcomer"\. To do: restart the worker, so that it knows the report/,
  );
  const [delivery] = await app.store.deliveries.list({ notificationId: id }, 1);
  await app.client.workflow.getHandle(delivery?.dispatchId ?? '').terminate();
});
