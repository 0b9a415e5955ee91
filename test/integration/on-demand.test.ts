import { WORKFLOWS } from '../../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import { followRun, startRun, UserError } from 'slack-reports';
import { describe, expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { runProgram } from '../support/program.ts';
import { cliOf } from '../support/schedules.ts';
import { onDemand, rider } from '../support/store.ts';

/** Notifications of two accounts, tagged and not; names of their own, because workflow ids are the server's. */
async function addNotifications({ store }: App) {
  const [tagged, untagged, other] = [`tagged-${randomUUID()}`, `untagged-${randomUUID()}`, `other-${randomUUID()}`];
  await store.notifications.add([
    onDemand(tagged, { tags: ['import'] }),
    rider(untagged, 's'),
    rider(other, 's', { account: 'bluebird', tags: ['import'] }),
  ]);
  return { tagged, untagged, other };
}

const nothing = () => {};

describe('a run started by another program', () => {
  test('fails at once, and sends nothing, where its selection can never be right', async () => {
    await using app = await startApp();
    await addNotifications(app);
    const failed = app.run({ selection: { kind: 'matching', filter: {} } });
    await expect(failed).rejects.toMatchObject({ cause: { cause: { type: 'invalid_selection', nonRetryable: true } } });
    expect(await app.store.deliveries.list({}, 1)).toEqual([]);
  });

  test('sends what was selected, once for its key, also when it is asked for again later', async () => {
    await using app = await startApp();
    const { tagged } = await addNotifications(app);
    const idempotencyKey = `import-${randomUUID()}`;
    const asked = {
      taskQueue: app.taskQueue,
      selection: { kind: 'matching' as const, filter: { account: 'acme', tags: ['import'] } },
      idempotencyKey,
    };
    const [first, same] = await Promise.all([startRun(app.client, asked), startRun(app.client, asked)]);
    expect(await followRun(first, nothing)).toMatchObject({ due: 1, delivered: 1 });
    expect(same.workflowId).toBe(first.workflowId);
    expect(await followRun(await startRun(app.client, asked), nothing)).toMatchObject({ due: 1, delivered: 1 });

    // After the namespace's retention the server knows the run no more, and lets another one of that id begin.
    expect(await app.run({ selection: asked.selection, key: idempotencyKey })).toMatchObject({ due: 0 });
    expect(await app.store.deliveries.list({}, 10)).toMatchObject([
      { notificationId: tagged, occurrence: `key:${idempotencyKey}`, state: 'delivered' },
    ]);
    expect(app.oracle().messages).toHaveLength(1);
  });

  test('is refused where its key belongs to another selection, running or ended, and nothing of it is lost', async () => {
    await using app = await startApp();
    await addNotifications(app);
    app.accounts.add('bluebird', 'Bluebird');
    app.accounts.record('bluebird', { occurredAt: new Date(Date.now() - 86_400_000), kind: 'sign_in', subject: 'x' });
    const { taskQueue, client } = app;
    const ask = (idempotencyKey: string, account: string) =>
      startRun(client, { taskQueue, idempotencyKey, selection: { kind: 'matching', filter: { account } } });
    const key = `import-${randomUUID()}`;
    const asked = await Promise.allSettled([ask(key, 'acme'), ask(key, 'bluebird'), ask(key, 'acme')]);
    const started = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as UserError] : []));
    expect(started.length + refused.length).toBe(3);
    expect(refused.length).toBeGreaterThan(0);
    const [run] = started;
    if (run === undefined) throw new Error('none started');
    const winner = started.length === 2 ? 'acme' : 'bluebird';
    const loser = winner === 'acme' ? 'bluebird' : 'acme';
    for (const error of refused) {
      expect(error.code).toBe('key_in_use');
      expect(error.message).toContain(`belongs to run run/key:${key}`);
      expect(error.message).toContain(winner);
    }
    await followRun(run, nothing);
    await expect(ask(key, loser)).rejects.toMatchObject({ code: 'key_in_use' });
    expect((await ask(key, winner)).workflowId).toBe(run.workflowId);
    expect(await followRun(await ask(`${key}-2`, loser), nothing)).toMatchObject({ failed: 0 });
    expect(await app.store.deliveries.countByState({})).toEqual({ delivered: 3 });
  });

  test('sends what it can, and fails by name what is unknown or cannot be read', async () => {
    await using app = await startApp();
    const { tagged, untagged } = await addNotifications(app);
    await app.store.db.updateTable('notifications').set({ params: '{' }).where('id', '=', untagged).execute();
    const gone = `gone-${randomUUID()}`;
    const result = await app.run({ selection: { kind: 'notifications', ids: [tagged, untagged, gone] } });
    expect(result).toMatchObject({ due: 3, delivered: 1, failed: 2 });
    expect(result.reasons).toEqual({
      'failed: unknown_notification': 1,
      'failed: unreadable_notification': 1,
    });
    const list = await cliOf(app)('notifications', 'list');
    expect(list).toMatchObject({ code: 0, stdout: expect.stringContaining(tagged) });
    expect(list.stderr).toContain(`note: ${untagged} cannot be read, and is not sent`);
    const doctor = await cliOf(app)('doctor');
    expect(doctor.stdout).toContain(`notification ${untagged}`);
  });

  test('frees its key when it failed as a whole', async () => {
    await using app = await startApp();
    await addNotifications(app);
    app.accounts.add('bluebird', 'Bluebird');
    app.accounts.record('bluebird', { occurredAt: new Date(Date.now() - 86_400_000), kind: 'sign_in', subject: 'x' });
    const { taskQueue, client } = app;
    const key = `import-${randomUUID()}`;
    const failed = await client.workflow.start(WORKFLOWS.dispatch, {
      workflowId: `run/key:${key}`,
      taskQueue,
      args: [{ selection: { kind: 'matching', filter: {} }, key }],
    });
    await expect(failed.result()).rejects.toThrow();
    const selection = { kind: 'matching' as const, filter: { account: 'bluebird' } };
    const run = await startRun(client, { taskQueue, idempotencyKey: key, selection });
    expect(await followRun(run, nothing)).toMatchObject({ due: 1, delivered: 1 });
  });

  test('is refused where the key cannot be one', async () => {
    await using app = await startApp({ withoutWorker: true });
    for (const idempotencyKey of ['', ' ', 'a'.repeat(101), 'a/b']) {
      const asked = startRun(app.client, { taskQueue: app.taskQueue, selection: { kind: 'all' }, idempotencyKey });
      await expect(asked).rejects.toThrow(UserError);
    }
    const resumed = startRun(app.client, {
      taskQueue: app.taskQueue,
      selection: { kind: 'failed', which: 'all' },
      idempotencyKey: 'a',
    });
    await expect(resumed).rejects.toThrow(/belongs to a run that chooses notifications/);
  });

  test('is refused where its filter names nothing', async () => {
    await using app = await startApp({ withoutWorker: true });
    const asked = startRun(app.client, { taskQueue: app.taskQueue, selection: { kind: 'matching', filter: {} } });
    await expect(asked).rejects.toThrow(/The filter names nothing/);
  });
});

test('the example runs, and a second click sends nothing more', async () => {
  await using app = await startApp();
  const { tagged } = await addNotifications(app);
  const variables = { DATABASE_URL: app.databaseUrl, SLACK_REPORTS_TASK_QUEUE: app.taskQueue };
  const program = (...args: string[]) => runProgram(args, { folder: app.folder, variables });
  const importId = `import-${randomUUID()}`;
  const first = await program('examples/import-finished.ts', 'acme', importId);
  expect(first).toMatchObject({ code: 0, stdout: `run/key:${importId}\n`, stderr: '' });
  await app.client.workflow.getHandle(`run/key:${importId}`).result();
  expect((await program('examples/import-finished.ts', 'acme', importId)).stdout).toBe(first.stdout);
  expect(Object.values(app.oracle().counts)).toEqual([1]);
  expect(await app.store.deliveries.list({}, 10)).toMatchObject([{ notificationId: tagged }]);
});

describe('run', () => {
  test('narrows by all that is said, states it first, and lists it with --dry-run', async () => {
    await using app = await startApp();
    const { tagged, untagged } = await addNotifications(app);
    const run = (...args: string[]) => cliOf(app)('run', ...args);
    const dry = await run('--account', 'acme', '--dry-run', '--json');
    expect((JSON.parse(dry.stdout) as { id: string }[]).map(({ id }) => id)).toEqual([tagged, untagged].toSorted());
    expect(await app.store.deliveries.countByState({})).toEqual({});

    const sent = await run('--account', 'acme', '--tag', 'import', '--workspace', 'sandbox');
    expect(sent).toMatchObject({
      code: 0,
      stdout: '1 notification dispatched: 1 delivered\n',
      stderr: `Sending 1 notification: ${tagged} → #acme-reports\n`,
    });
  });

  test('of nothing is an error that says what was meant; of everything it asks', async () => {
    await using app = await startApp({ withoutWorker: true });
    await addNotifications(app);
    const run = (...args: string[]) => cliOf(app)('run', ...args);
    expect(await run('--account', 'acmee')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'error: No enabled notification matches\n  None has "acmee". Did you mean acme?\n',
    });
    expect((await run('--account', 'acme', '--channel', 'C0BLUEBIRD')).stderr).toMatch(/must match every option/);
    expect(await run()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Send every notification now\? 3 are/),
    });
  });
});
