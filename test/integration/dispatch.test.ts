import { WORKFLOWS } from '../../src/contract/names.ts';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { type App, SECRET_SUBJECT, startApp } from '../support/app.ts';
import { historyText } from '../support/history.ts';
import { recurring, rider } from '../support/store.ts';

const MINUTE_MS = 60_000;

/** Triggers the schedule and waits for its run. */
async function trigger(app: App, schedule: string) {
  const workflowId = await app.schedules.trigger(schedule);
  const handle = app.client.workflow.getHandle<typeof dispatch>(workflowId);
  return { workflowId, result: await handle.result(), description: await handle.describe() };
}

async function statusOf(app: App, workflowId: string): Promise<string> {
  return (await app.client.workflow.getHandle(workflowId).describe()).status.name;
}

async function temporal(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(inject('temporalCli'), [
    ...args,
    '--address',
    inject('temporalAddress'),
  ]);
  return stdout;
}

/** A name that no other test on the shared server has. */
const unique = (name: string) => `${name}-${randomUUID()}`;

describe('a schedule', () => {
  test('fans out: each rider has a child of its own and its message exactly once', async () => {
    await using app = await startApp();
    const schedule = await app.schedule();
    const ids = ['C0ACME', 'C0OPS', 'C0CEDAR', 'C0LUMEN', 'C0ACME'].map((channel) => [unique('n'), channel] as const);
    await app.store.notifications.add(ids.map(([id, channel]) => rider(id, schedule, { channel })));
    await app.store.notifications.add([rider(unique('other'), 'another schedule')]);

    const { workflowId, result, description } = await trigger(app, schedule);
    expect(result).toMatchObject({ due: 5, delivered: 5, failed: 0, parked: 0, already: 0, failures: [] });
    const scheduledFor = description.searchAttributes['TemporalScheduledStartTime']?.[0] as Date;
    expect(new Date(result.nominalTime)).toEqual(scheduledFor);

    const { counts, messages, duplicates } = app.oracle();
    const deliveries = await app.store.deliveries.list({ dispatchId: workflowId }, 10);
    expect(deliveries.map((delivery) => delivery.notificationId).toSorted()).toEqual(ids.map(([id]) => id).toSorted());
    expect(duplicates).toEqual([]);
    for (const { id, notificationId, occurrence, channel, messageTs, state, dueAt } of deliveries) {
      expect(state).toBe('delivered');
      expect(counts[id]).toBe(1);
      expect(messages.find((message) => message.deliveryId === id)).toMatchObject({ channel, ts: messageTs });
      expect(new Date(dueAt)).toEqual(scheduledFor);
      expect(occurrence).toBe(scheduledFor.toISOString().replace('.000Z', 'Z'));
      expect(await statusOf(app, `deliver/${notificationId}/${occurrence}`)).toBe('COMPLETED');
    }
  });

  test('a channel that is archived is its own trouble: its child fails, and the run completes', async () => {
    await using app = await startApp();
    const schedule = await app.schedule();
    const [good, archived] = [unique('good'), unique('archived')];
    await app.store.notifications.add([
      rider(good, schedule),
      rider(archived, schedule, { channel: 'C0LEGACY', channelName: '#legacy-reports' }),
    ]);
    const { result, description } = await trigger(app, schedule);
    expect(description.status.name).toBe('COMPLETED');
    expect(result).toMatchObject({
      due: 2,
      delivered: 1,
      parked: 1,
      failures: [{ notification: archived, channel: '#legacy-reports', state: 'parked', code: 'is_archived' }],
    });
    const occurrence = result.nominalTime.replace('.000Z', 'Z');
    expect(await statusOf(app, deliverWorkflowId({ notificationId: archived, occurrence }))).toBe('FAILED');
    expect(await statusOf(app, deliverWorkflowId({ notificationId: good, occurrence }))).toBe('COMPLETED');
  });

  test('a backfill stands for the time it fills, and done again it posts nothing', async () => {
    await using app = await startApp();
    const id = unique('backfill');
    await app.schedules.create({ id, cron: '0 9 * * *', timezone: 'UTC' });
    app.defer(() => app.schedules.remove(id));
    await app.store.notifications.add([rider(unique('n'), id)]);
    const yesterday = new Date(Date.now() - 24 * 60 * MINUTE_MS).toISOString().slice(0, 10);
    const nominal = new Date(`${yesterday}T09:00:00Z`);
    const handle = app.client.schedule.getHandle(id);
    const fill = async () => {
      await handle.backfill({
        start: new Date(nominal.getTime() - MINUTE_MS),
        end: new Date(nominal.getTime() + MINUTE_MS),
        overlap: 'ALLOW_ALL',
      });
    };

    await fill();
    const workflowId = `dispatch/${id}-${nominal.toISOString().replace('.000Z', 'Z')}`;
    const runOf = async (runId?: string) => app.client.workflow.getHandle<typeof dispatch>(workflowId, runId);
    await expect
      .poll(async () => (await (await runOf()).describe()).status.name, { timeout: 20_000 })
      .toBe('COMPLETED');
    const first = await (await runOf()).describe();
    expect(await (await runOf()).result()).toMatchObject({ nominalTime: nominal.toISOString(), due: 1, delivered: 1 });

    await fill();
    await expect.poll(async () => (await (await runOf()).describe()).runId, { timeout: 20_000 }).not.toBe(first.runId);
    expect(await (await runOf()).result()).toMatchObject({ nominalTime: nominal.toISOString(), due: 0, delivered: 0 });
    expect(app.oracle().messages).toHaveLength(1);
  });

  test('two fires of one local time, where the clock is put back, are one report for riders', async () => {
    await using app = await startApp();
    const id = unique('put-back');
    await app.schedules.create({ id, cron: '30 1 * * *', timezone: 'America/New_York' });
    app.defer(() => app.schedules.remove(id));
    await app.store.notifications.add([rider(unique('n'), id)]);
    const night = { start: new Date('2026-11-01T05:00:00Z'), end: new Date('2026-11-01T07:00:00Z') };
    await app.schedules.backfill(id, night);
    const query = `TemporalScheduledById = '${id}' AND ExecutionStatus = 'Completed'`;
    await expect.poll(async () => (await app.client.workflow.count(query)).count, { timeout: 20_000 }).toBe(2);
    expect((await app.store.deliveries.list({}, 10)).map(({ state, occurrence }) => [state, occurrence])).toEqual([
      ['delivered', '2026-11-01T05:30:00Z'],
    ]);
    expect(app.oracle().messages).toHaveLength(1);
  });

  test('that `temporal schedule create` made works like one of ours', async () => {
    await using app = await startApp();
    const id = unique('by-hand');
    await app.store.notifications.add([rider(unique('n'), id)]);
    const flags = {
      'schedule-id': id,
      type: WORKFLOWS.dispatch,
      'task-queue': app.taskQueue,
      'workflow-id': `by-hand/${id}`,
    };
    const words = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    await temporal('schedule', 'create', ...words, '--cron', '0 0 29 2 *');
    app.defer(() => app.schedules.remove(id));
    expect((await trigger(app, id)).result).toMatchObject({ due: 1, delivered: 1 });
    expect(app.oracle().messages).toHaveLength(1);
  });

  test('of ours shows in `temporal schedule list`', async () => {
    await using app = await startApp();
    const schedule = await app.schedule();
    await expect.poll(() => temporal('schedule', 'list'), { timeout: 20_000 }).toContain(schedule);
  });
});

describe('a recurrence of its own', () => {
  test('is delivered by a tick, for the slot on its own clock', async () => {
    await using app = await startApp();
    const tick = await app.schedule();
    const id = unique('own');
    const minute = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS).toISOString();
    await app.store.notifications.add([
      recurring(id, { cron: '* * * * *', timezone: 'Asia/Kolkata', nextDueAt: minute }),
      recurring(unique('later'), { cron: '0 0 1 1 *', nextDueAt: new Date(Date.now() + 90 * MINUTE_MS).toISOString() }),
    ]);
    const { result } = await trigger(app, tick);
    expect(result).toMatchObject({ due: 1, delivered: 1 });
    const [delivery] = await app.store.deliveries.list({ states: ['delivered'] }, 10);
    expect(delivery?.occurrence).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d\[Asia\/Kolkata\]$/);
    expect(await statusOf(app, `deliver/${id}/${delivery?.occurrence}`)).toBe('COMPLETED');
    expect(app.oracle().counts).toEqual({ [delivery?.id ?? '']: 1 });
  });
});

describe('two runs', () => {
  test('of the same occurrence post it once', async () => {
    await using app = await startApp();
    await app.store.notifications.add(Array.from({ length: 10 }, () => rider(unique('n'), 's')));
    const input = { selection: { kind: 'due' as const, schedule: 's' }, nominalTime: new Date().toISOString() };
    const results = await Promise.all([app.run(input), app.run(input), app.run(input)]);
    expect(results.reduce((sum, result) => sum + result.delivered, 0)).toBe(10);
    expect(Object.values(app.oracle().counts)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  test('of which the first was terminated: the second, by the same name, sends what is left', async () => {
    await using app = await startApp();
    await app.store.notifications.add(['C0ACME', 'C0OPS'].map((channel) => rider(unique('n'), 's', { channel })));
    const { faults } = app.sandbox.sandbox;
    faults.add({
      method: 'chat.postMessage',
      channel: 'C0OPS',
      when: 'before',
      action: { type: 'rate_limit', retryAfter: 600 },
    });
    const input = { selection: { kind: 'due' as const, schedule: 's' }, nominalTime: new Date().toISOString() };
    const workflowId = unique('terminated');
    const first = app.run(input, workflowId);
    first.catch(() => undefined);
    await expect.poll(() => app.oracle().messages.length, { timeout: 20_000 }).toBe(1);
    await expect.poll(async () => (await app.store.deliveries.countByState({})).pending, { timeout: 20_000 }).toBe(1);
    await app.client.workflow.getHandle(workflowId).terminate();
    await expect(first).rejects.toThrow();

    faults.clear();
    expect(await app.run(input, workflowId)).toMatchObject({ due: 1, delivered: 1 });
    expect(Object.values(app.oracle().counts)).toEqual([1, 1]);
  });
});

describe('histories', () => {
  test('hold neither the report, nor the text of the message, nor a token', async () => {
    await using app = await startApp();
    const id = unique('n');
    await app.store.notifications.add([rider(id, 's'), rider(unique('fails'), 's', { channel: 'C0LEGACY' })]);
    const workflowId = unique('run');
    await app.run({ selection: { kind: 'due', schedule: 's' }, nominalTime: new Date().toISOString() }, workflowId);
    const posted = app.sandbox.sandbox.store.allMessages().map((message) => JSON.stringify(message));
    expect(posted.join()).toContain(SECRET_SUBJECT);

    const deliveries = await app.store.deliveries.list({}, 10);
    expect(deliveries).toHaveLength(2);
    const children = deliveries.map((row) =>
      deliverWorkflowId({ notificationId: row.notificationId, occurrence: row.occurrence }),
    );
    for (const workflow of [workflowId, ...children]) {
      const history = await historyText(app.client, workflow);
      const readable = workflow === workflowId ? '"selection' : 'deliveryId';
      expect(history.includes(readable), 'payloads are searched as text').toBe(true);
      const found = [SECRET_SUBJECT, 'Quagga', 'blocks', 'xoxb'].filter((secret) => history.includes(secret));
      expect(found, workflow).toEqual([]);
    }
  });

  test('have summaries that read like sentences', async () => {
    await using app = await startApp();
    const schedule = await app.schedule();
    const id = unique('n');
    await app.store.notifications.add([
      rider(id, schedule, { name: 'Acme weekly report', channelName: '#acme-reports' }),
    ]);
    const { description, result } = await trigger(app, schedule);
    expect(await description.staticSummary()).toBe(`Everything due on ${schedule}`);
    const occurrence = result.nominalTime.replace('.000Z', 'Z');
    const child = await app.client.workflow.getHandle(deliverWorkflowId({ notificationId: id, occurrence })).describe();
    expect(await child.staticSummary()).toBe('Acme weekly report → #acme-reports');
  });
});
