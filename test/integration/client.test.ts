import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { slackReportsClient, startRun } from 'slack-reports';
import { describe, expect, test, vi } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { runProgram } from '../support/program.ts';
import { onDemand, rider, temporaryStore } from '../support/store.ts';
import { until } from '../support/until.ts';

/** A client on the store, the server and the task queue of the app, with what it notes. */
function clientOf({ databaseUrl, client: temporal, taskQueue }: App) {
  const notes: string[] = [];
  const client = slackReportsClient({
    store: databaseUrl,
    temporal,
    taskQueue,
    env: {},
    onNote: (note) => notes.push(note),
  });
  return Object.assign(client, { notes });
}

const digest = (id: string) => ({
  id,
  account: 'acme',
  report: 'delivery-digest',
  params: { skipEmpty: false },
  channel: 'C0ACME',
  workspace: 'sandbox',
});

test('notifications are added, changed, paused, listed, applied and removed', async () => {
  await using app = await startApp({ withoutWorker: true });
  await using client = clientOf(app);
  const { notifications } = client;
  const added = await notifications.add({ ...digest('a'), every: 'monday at 09:00', timezone: 'Europe/Berlin' });
  expect(added).toMatchObject({ id: 'a', due: { cron: '0 9 * * MON', timezone: 'Europe/Berlin' } });
  await expect(notifications.add({ ...digest('a'), on_demand: true })).rejects.toMatchObject({
    code: 'notification_exists',
  });
  await expect(notifications.add(digest('b'))).rejects.toMatchObject({ code: 'invalid_notification' });
  await expect(notifications.add({ ...digest('b'), on_demand: true, workspace: 'x' })).rejects.toMatchObject({
    code: 'unknown_workspace',
  });

  const { before, after, today } = await notifications.update('a', { channel: 'C0OTHER', window: '20 minutes' });
  expect([before.channel.id, after.channel.id, after.spreadWindowS, today]).toEqual([
    'C0ACME',
    'C0OTHER',
    1_200,
    undefined,
  ]);
  expect((await notifications.update('a', { window: null })).after.spreadWindowS).toBeUndefined();
  await expect(notifications.update('aa', { channel: 'C0OTHER' })).rejects.toMatchObject({
    code: 'unknown_notification',
  });

  expect(await notifications.pause(['a'], { until: '2099-01-07 12:00', note: 'holidays' })).toEqual([
    { id: 'a', until: new Date('2099-01-07T11:00:00Z') },
  ]);
  await expect(notifications.pause(['a', 'nope'])).rejects.toMatchObject({ code: 'unknown_notification' });
  await expect(notifications.pause(['a'], { until: new Date(0) })).rejects.toMatchObject({ code: 'invalid_time' });
  expect(await notifications.unpause(['a'])).toEqual([{ id: 'a', unpaused: true }]);
  expect(await notifications.unpause(['a'])).toEqual([{ id: 'a', unpaused: false }]);

  const rows = [{ ...digest('c'), on_demand: true }];
  expect(await notifications.apply({ rows }, { scope: 'crm', dryRun: true })).toMatchObject({
    added: ['c'],
    dryRun: true,
  });
  expect((await notifications.list()).map(({ id }) => id)).toEqual(['a']);
  expect(await notifications.apply({ rows }, { scope: 'crm', prune: true })).toMatchObject({ added: ['c'] });
  expect(await notifications.apply({ rows: [] }, { scope: 'crm' })).toMatchObject({ removed: [], notDeclared: ['c'] });
  expect(await notifications.apply({ rows: [] }, { scope: 'crm', prune: true })).toMatchObject({ removed: ['c'] });
  expect(await notifications.remove(['a'])).toEqual(['a']);
  await expect(notifications.find('a')).rejects.toMatchObject({ code: 'unknown_notification' });
});

test('a run is started, followed, shown, and its deliveries found, explained and sent again', async () => {
  await using app = await startApp();
  await using client = clientOf(app);
  const id = `own-${randomUUID()}`;
  await app.store.notifications.add([onDemand(id)]);
  const run = await client.runs.start({
    selection: { kind: 'notifications', ids: [id] },
    idempotencyKey: id,
    requireWorker: true,
  });
  const seen: number[] = [];
  expect(await client.runs.follow(run.workflowId, ({ due }) => seen.push(due))).toMatchObject({ delivered: 1 });
  expect(await client.runs.progress(run.workflowId)).toMatchObject({ due: 1, delivered: 1 });
  expect(client.notes).toEqual([]);

  const [delivery] = await client.deliveries.list({ dispatchId: run.workflowId });
  expect(delivery).toMatchObject({ notificationId: id, state: 'delivered' });
  const occurrence = delivery?.occurrence ?? '';
  expect(await client.deliveries.find(id, occurrence)).toEqual(delivery);
  expect(await client.deliveries.count({ notificationId: id })).toEqual({ delivered: 1 });
  await expect(client.deliveries.find(id, 'never')).rejects.toMatchObject({ code: 'unknown_delivery' });
  expect(await client.deliveries.why(id)).toMatchObject({
    due: 'It is sent only when asked for',
    deliveries: [{ state: 'delivered', run: run.workflowId, workflow: `deliver/${id}/${occurrence}` }],
  });
  expect(await client.deliveries.failures({ notificationId: id })).toEqual([]);

  expect(await client.runs.follow(await client.deliveries.resend(id))).toMatchObject({ delivered: 1 });
  // Both have the same due time, so neither is the newer one.
  const again = await client.deliveries.list({ notificationId: id });
  const resent = again.find(({ occurrence: key }) => key.includes('~'));
  expect(resent?.occurrence).toMatch(/^key:own-.*~/);
  // A second resend in the same second is the same.
  await until(
    'the next second',
    async () => Date.now() % 1_000 < 500 && Date.now() > Date.parse(resent?.claimedAt ?? '') + 1_000,
  );
  await client.runs.follow(await client.deliveries.resend(id, { occurrence: resent?.occurrence }));
  const all = await client.deliveries.list({ notificationId: id });
  const resends = all.filter(({ occurrence: key }) => key.includes('~'));
  expect([all.length, resends.length]).toEqual([3, 2]);
  for (const one of resends) expect(one.occurrence, 'a resend of a resend').toMatch(/^[^~]+~[^~]+$/);
});

test('a run is paused, slowed, continued and cancelled', async () => {
  await using app = await startApp({ pace: { channelMs: 60_000, workspaceMs: 0, workspaceBurstMs: 0 } });
  await using client = clientOf(app);
  const ids = Array.from({ length: 3 }, () => `slow-${randomUUID()}`);
  await app.store.notifications.add(ids.map((id) => onDemand(id)));
  const { workflowId: run } = await client.runs.start({ selection: { kind: 'notifications', ids } });
  await until('the claim', async () => (await client.deliveries.count({ dispatchId: run })).delivered === 1);
  expect(await client.runs.pause(run)).toMatchObject({ paused: true });
  expect(await until('the list', async () => (await client.runs.list()).find((row) => row.run === run))).toMatchObject({
    status: 'PAUSED',
  });
  expect(await client.runs.unpause(run)).toMatchObject({ paused: false });
  expect(await client.runs.setConcurrency(run, 7)).toMatchObject({ concurrency: 7 });
  await expect(client.runs.setConcurrency(run, 0)).rejects.toMatchObject({ code: 'refused' });
  expect(await client.runs.cancel(run)).toEqual({ delivered: 1, cancelled: 2 });
  await expect(client.runs.cancel(run)).rejects.toMatchObject({ code: 'run_ended' });
  await expect(client.runs.cancel('run/nope')).rejects.toMatchObject({ code: 'unknown_run' });
  await expect(client.runs.follow(run)).rejects.toMatchObject({ code: 'run_failed' });
});

test('what Slack refuses is listed, resumed and redriven', async () => {
  await using app = await startApp();
  await using client = clientOf(app);
  const id = `parked-${randomUUID()}`;
  await app.store.notifications.add([rider(id, 's')]);
  await app.store.claims.claimDue({
    dispatchId: `run/${id}`,
    nominal: new Date(),
    selection: { kind: 'notifications', ids: [id] },
  });
  const [pending] = await client.deliveries.list({ notificationId: id });
  const error = { code: 'is_archived', message: 'is_archived' };
  await app.store.ledger.park(pending?.id ?? '', { kind: 'notification', id }, error);
  expect(await client.deliveries.parked()).toMatchObject([{ kind: 'notification', id, waiting: 1 }]);
  expect(await client.deliveries.failures()).toMatchObject([{ state: 'parked', advice: expect.any(String) as string }]);
  await expect(client.deliveries.resume('nope')).rejects.toMatchObject({ code: 'not_parked' });
  await expect(client.deliveries.resume({ kind: 'workspace', id })).rejects.toMatchObject({ code: 'not_parked' });
  expect(await client.deliveries.wouldResume(id)).toEqual({ sent: 1, missed: 0, left: 0 });
  expect(await client.runs.follow(await client.deliveries.resume(id))).toMatchObject({ delivered: 1 });
  expect(await client.deliveries.parked()).toEqual([]);

  const failed = `failed-${randomUUID()}`;
  await app.store.notifications.add([rider(failed, 's')]);
  await app.store.claims.claimDue({
    dispatchId: `run/${failed}`,
    nominal: new Date(),
    selection: { kind: 'notifications', ids: [failed] },
  });
  const [row] = await client.deliveries.list({ notificationId: failed });
  await app.store.ledger.markFailed(row?.id ?? '', { code: 'load_failed', message: 'down' });
  await expect(client.deliveries.redrive({})).rejects.toMatchObject({ code: 'invalid_selection' });
  await expect(client.deliveries.wouldRedrive({})).rejects.toMatchObject({ code: 'invalid_selection' });
  const old = new Date(Date.now() - 2 * 3_600_000).toISOString();
  await app.store.db
    .updateTable('deliveries')
    .set({ due_at: old })
    .where('id', '=', row?.id ?? '')
    .execute();
  const which = { notificationId: failed };
  expect(await client.deliveries.wouldRedrive(which, { withinMs: 3_600_000 })).toEqual({ sent: 0, missed: 0, left: 1 });
  const tooNew = await client.deliveries.redrive(which, { withinMs: 3_600_000 });
  expect(await client.runs.follow(tooNew)).toMatchObject({ due: 0 });
  expect(await client.runs.follow(await client.deliveries.redrive({ notificationId: failed }))).toMatchObject({
    delivered: 1,
  });
});

test('a send is scheduled, moved and cancelled, and a report goes out once for its key', async () => {
  await using app = await startApp();
  await using client = clientOf(app);
  const id = `later-${randomUUID()}`;
  await app.store.notifications.add([onDemand(id)]);
  const send = await client.sends.at({ notification: id }, new Date(Date.now() + 3_600_000), { note: 'trial ends' });
  expect(send).toMatchObject({ state: 'waiting', note: 'trial ends', what: expect.stringContaining('#acme-reports') });
  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 7_200_000);
  expect(await client.sends.reschedule(send.id, { at })).toMatchObject({ at });
  expect(await client.sends.find(send.id)).toMatchObject({ at });
  await until('the list', async () => (await client.sends.list()).some((one) => one.id === send.id));
  expect(await client.sends.cancel(send.id)).toMatchObject({ id: send.id });
  await expect(client.sends.find(send.id)).rejects.toMatchObject({ code: 'unknown_send' });
  await expect(client.sends.at({ notification: id }, '2020-01-01 09:00')).rejects.toMatchObject({ code: 'past_time' });

  const key = `once-${randomUUID()}`;
  const { id: _, ...report } = digest('');
  const [first, second] = [await client.sends.now(report, { key }), await client.sends.now(report, { key })];
  expect(second.workflowId).toBe(first.workflowId);
  await client.runs.follow(first);
  expect(await client.deliveries.count({ dispatchId: first.workflowId })).toEqual({ delivered: 1 });
  const tested = await client.deliveries.test(id, { channel: 'C0OPS' });
  expect(await client.runs.follow(tested)).toMatchObject({ delivered: 1 });
});

test('a preview shows the message of a notification, and posts nothing', async () => {
  await using app = await startApp({ withoutWorker: true });
  await using client = clientOf(app);
  await client.notifications.add({ ...digest('a'), on_demand: true });
  const preview = await client.previews.notification('a', { at: '2026-11-23 09:00' });
  expect(preview).toMatchObject({ report: 'delivery-digest', problems: [], at: new Date('2026-11-23T09:00:00Z') });
  expect(
    await client.previews.report('delivery-digest', { account: 'acme', params: { skipEmpty: false } }),
  ).toMatchObject({ problems: [] });
  await expect(client.previews.notification('b')).rejects.toMatchObject({ code: 'unknown_notification' });
  expect(app.oracle().messages).toEqual([]);
});

describe('a task queue that no worker polls', () => {
  test('is noted, and the run waits; with requireWorker it is refused', async () => {
    await using app = await startApp({ withoutWorker: true });
    await using client = clientOf(app);
    const selection = { kind: 'all' as const };
    await expect(client.runs.start({ selection, requireWorker: true })).rejects.toMatchObject({
      code: 'no_worker',
      exitCode: 1,
      message: `No worker polls the task queue ${app.taskQueue}`,
    });
    const run = await client.runs.start({ selection });
    expect(client.notes).toEqual([expect.stringContaining('the run waits until one does')]);
    await run.terminate();
  });

  test('startRun takes the queue of SLACK_REPORTS_TASK_QUEUE', async () => {
    await using app = await startApp({ withoutWorker: true });
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    vi.stubEnv('SLACK_REPORTS_TASK_QUEUE', app.taskQueue);
    try {
      const run = await startRun(app.client, { selection: { kind: 'notifications', ids: [randomUUID()] } });
      expect((await run.describe()).taskQueue).toBe(app.taskQueue);
      expect(warned).toHaveBeenCalledWith(expect.stringContaining(app.taskQueue), { code: 'SLACK_REPORTS' });
      await run.terminate();
    } finally {
      vi.unstubAllEnvs();
      warned.mockRestore();
    }
  });
});

const customer = (id: string, channel: string) => ({ id, channel, timezone: 'Europe/Berlin' });

test('the example keeps notifications in step with customers', async () => {
  await using temporary = await temporaryStore();
  const { store, databaseUrl, folder } = temporary;
  const run = async (...customers: object[]) => {
    await writeFile(join(folder, 'customers.json'), JSON.stringify(customers));
    // Without a Temporal server: the schedule `tick` of the tests' server belongs to other tests.
    const variables = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const ended = await runProgram(['examples/keep-in-step.ts', 'customers.json'], { folder, variables });
    expect(ended.code, ended.stderr).toBe(0);
    return ended.stdout;
  };
  expect(await run(customer('acme', 'C0ACME'), customer('lumen', 'C0LUMEN'))).toBe('2 added, 0 changed, 0 removed\n');
  expect(await run(customer('acme', 'C0OTHER'))).toBe('0 added, 1 changed, 1 removed\n');
  expect(await run(customer('acme', 'C0OTHER'))).toBe('0 added, 0 changed, 0 removed\n');
  expect(await store.notifications.list()).toMatchObject([{ id: 'acme-weekly', channel: { id: 'C0OTHER' } }]);
});
