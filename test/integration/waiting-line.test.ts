import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { WORKFLOWS } from '../../src/contract/names.ts';
import type { deliver } from '../../src/workflows/deliver.ts';
import { type App, startApp } from '../support/app.ts';
import { executionsOf } from '../support/history.ts';
import { rider } from '../support/store.ts';

const POST = 'chat.postMessage';

/** Sends a report to each of the channels in one run; returns the result and the workflow ids of the deliveries. */
async function send(app: App, channels: readonly string[], fields: object = {}) {
  const schedule = randomUUID();
  const riders = channels.map((channel, n) => rider(`${schedule}-${n}`, schedule, { channel, ...fields }));
  await app.store.notifications.add(riders);
  const nominalTime = new Date().toISOString();
  const result = await app.run({ selection: { kind: 'due', schedule }, nominalTime });
  const rows = await app.store.deliveries.list({}, 1_000);
  const ofRun = rows.filter(({ notificationId }) => notificationId.startsWith(schedule));
  return { result, workflowIds: ofRun.map(deliverWorkflowId), rows: ofRun };
}

test('a busy channel with slow calls costs at most two attempts a message, in order, and no failed one', async () => {
  const COUNT = 60;
  await using app = await startApp({ pace: { channelMs: 100, workspaceMs: 1, workspaceBurstMs: 10_000 } });
  app.sandbox.sandbox.faults.add({ method: POST, when: 'before', action: { type: 'delay', ms: 250 } });
  const { result, workflowIds, rows } = await send(
    app,
    Array.from({ length: COUNT }, () => 'C0ACME'),
  );
  expect(result).toMatchObject({ due: COUNT, delivered: COUNT });
  const executions = await Promise.all(workflowIds.map((id) => executionsOf(app.client, id)));
  const attempts = executions.map((of) => of.reduce((sum, one) => sum + one.attempts, 0));
  expect(Math.max(...attempts)).toBeLessThanOrEqual(2);
  // Each execution makes one attempt, so none of them failed.
  expect(attempts).toEqual(executions.map((of) => of.length));
  // Those that came back at their places had been in line, and keep the order of the plan.
  const cameBack = rows
    .filter((_, n) => executions[n]?.length === 2)
    .toSorted((one, other) => (one.notBefore < other.notBefore ? -1 : 1))
    .map(({ messageTs }) => Number(messageTs));
  expect(cameBack.length).toBeGreaterThan(COUNT / 4);
  expect(cameBack).toEqual(cameBack.toSorted((one, other) => one - other));
}, 120_000);

test('a workspace that Slack holds back does not use up the concurrency of a run', async () => {
  const env = { TOKEN_HELD: 'xoxb-of-HELD', TOKEN_FREE: 'xoxb-of-FREE' };
  const pace = { channelMs: 1, workspaceMs: 1, workspaceBurstMs: 0 };
  await using app = await startApp({ env, pace, concurrency: 5 });
  for (const id of ['HELD', 'FREE']) {
    const channels = [{ id: `C0${id}`, name: id }];
    const body = JSON.stringify({ id, name: id, token: `xoxb-of-${id}`, channels });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${app.sandbox.url}/_sandbox/workspaces`, { method: 'POST', headers, body });
    expect(response.ok).toBe(true);
    await app.store.workspaces.put({ id, name: id, tokenRef: `env:TOKEN_${id}` });
  }
  const HOLD_S = 15;
  const hold = { type: 'rate_limit', retryAfter: HOLD_S } as const;
  app.sandbox.sandbox.faults.add({ method: POST, workspace: 'HELD', when: 'before', times: 1, action: hold });
  const schedule = randomUUID();
  const add = (workspaceId: string, count: number) =>
    app.store.notifications.add(
      Array.from({ length: count }, (_, n) =>
        rider(`${workspaceId}-${n}`, schedule, { workspaceId, channel: `C0${workspaceId}` }),
      ),
    );
  await add('HELD', 20);
  await add('FREE', 20);
  const result = await app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
  expect(result).toMatchObject({ due: 40, delivered: 40 });
  const ends = async (workspaceId: string) => {
    const rows = await app.store.deliveries.list({ workspaceId }, 100);
    return rows.map(({ finishedAt = '' }) => Date.parse(finishedAt));
  };
  const [held, free] = [await ends('HELD'), await ends('FREE')];
  // Both began together. All of the free one were posted while the other was held.
  expect(Math.max(...held) - Math.min(...free)).toBeGreaterThanOrEqual(HOLD_S * 1_000 - 5_000);
  expect(Math.max(...free)).toBeLessThan(Math.max(...held) - 5_000);
}, 120_000);

test('the posts of a thread wait for their slots without a failed attempt', async () => {
  await using app = await startApp({ pace: { channelMs: 1_000, workspaceMs: 1, workspaceBurstMs: 10_000 } });
  const fields = { report: 'account-activity', params: {} };
  const { result, workflowIds } = await send(app, ['C0ACME', 'C0ACME', 'C0ACME'], fields);
  expect(result).toMatchObject({ delivered: 3 });
  for (const id of workflowIds) expect(await executionsOf(app.client, id)).toMatchObject([{ attempts: 1, timers: 0 }]);
});

test('a delivery that finds no slot for six hours is given up', async () => {
  await using app = await startApp({ pace: { channelMs: 100, workspaceMs: 10, workspaceBurstMs: 0 } });
  await app.store.notifications.add([rider('held', 'none')]);
  const selection = { kind: 'notifications', ids: ['held'] } as const;
  await app.store.claims.claimDue({ dispatchId: 'another', nominal: new Date(), selection });
  const [row] = await app.store.deliveries.list({ notificationId: 'held' }, 1);
  if (row === undefined) throw new Error('Nothing was claimed');
  const not_before = new Date(Date.now() - 6 * 3_600_000).toISOString();
  await app.store.db.updateTable('deliveries').set({ not_before }).execute();
  const pace = { key: row.workspaceId, planned_until: 0, next_at: 0, held_until: Date.now() + 60_000 };
  await app.store.db
    .insertInto('slack_pace')
    .values(pace)
    .onConflict((on) => on.column('key').doUpdateSet(pace))
    .execute();

  const delivery = app.client.workflow.execute<typeof deliver>(WORKFLOWS.deliver, {
    workflowId: deliverWorkflowId(row),
    taskQueue: app.taskQueue,
    args: [{ deliveryId: row.id, about: { report: row.report, channel: row.channel } }],
  });
  await expect(delivery).rejects.toThrow();
  expect(await app.store.ledger.find(row.id)).toMatchObject({ state: 'failed', error: { code: 'gave_up' } });
});

test('a delivery that waits for its slot is judged again when it comes: paused it is skipped, and too late it is missed', async () => {
  await using app = await startApp({ pace: { channelMs: 4_000, workspaceMs: 1, workspaceBurstMs: 10_000 } });
  const ids = Array.from({ length: 3 }, () => randomUUID());
  const schedule = randomUUID();
  await app.store.notifications.add(ids.map((id) => rider(id, schedule)));
  const running = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
  await expect.poll(() => app.store.deliveries.countByState({}), { timeout: 30_000 }).toMatchObject({ delivered: 1 });
  const [first, second, third] = (await app.store.deliveries.list({}, 3)).toSorted((a, b) =>
    a.notBefore < b.notBefore ? -1 : 1,
  );
  await app.store.notifications.pause(second?.notificationId ?? '', { until: undefined, note: undefined });
  const passed = { post_until: new Date(Date.now() - 1).toISOString() };
  await app.store.db
    .updateTable('deliveries')
    .set(passed)
    .where('id', '=', third?.id ?? '')
    .execute();

  expect(await running).toMatchObject({ due: 3, delivered: 1, skipped: 1, missed: 0, tooLate: 1 });
  expect(await app.store.ledger.find(first?.id ?? '')).toMatchObject({ state: 'delivered' });
  expect(await app.store.ledger.find(second?.id ?? '')).toMatchObject({ state: 'skipped', error: { code: 'paused' } });
  expect(await app.store.ledger.find(third?.id ?? '')).toMatchObject({ state: 'missed', error: { code: 'too_late' } });
  expect(app.oracle().messages).toHaveLength(1);
});
