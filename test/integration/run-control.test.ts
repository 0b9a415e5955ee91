import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { controlRun, progressOf } from '../../src/runs/control.ts';
import { deliverWorkflowId, partitionWorkflowId } from '../../src/contract/ids.ts';
import { defineSource } from '../../src/sources/define.ts';
import { type App, startApp } from '../support/app.ts';
import { runCli } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

/** A run of `count` notifications, each of which keeps Slack busy for a while. */
async function slowRun(app: App, count: number, delayMs: number) {
  const schedule = randomUUID();
  await app.store.notifications.add(
    Array.from({ length: count }, (_, index) => rider(`n-${index}`, schedule, { channel: 'C0ACME' })),
  );
  app.sandbox.sandbox.faults.add({
    method: 'chat.postMessage',
    when: 'before',
    action: { type: 'delay', ms: delayMs },
  });
  const id = `run/${randomUUID()}`;
  const result = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() }, id);
  result.catch(() => undefined);
  return { id, result };
}

describe('a run', () => {
  test('that is paused starts no more deliveries, says so, and goes on at another concurrency when unpaused', async () => {
    await using app = await startApp({ concurrency: 2 });
    const { id, result } = await slowRun(app, 6, 500);
    await until('the first message', () => app.oracle().messages.length > 0);

    expect(await controlRun(app.client, id, { kind: 'pause' })).toEqual({ paused: true, concurrency: 2 });
    const begun = await until('those under way to end', async () => {
      const { paused, oldest, delivered } = await progressOf(app.client, id);
      expect(paused).toBe(true);
      return oldest === undefined && delivered;
    });
    expect(begun).toBeLessThan(6);
    const { currentDetails } = await app.client.workflow
      .getHandle(id)
      .query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('**Paused**');
    const { pending } = await app.store.deliveries.countByState({ dispatchId: id });
    expect(pending).toBe(6 - begun);

    expect(await controlRun(app.client, id, { kind: 'set_concurrency', concurrency: 5 })).toEqual({
      paused: true,
      concurrency: 5,
    });
    expect(await progressOf(app.client, id)).toMatchObject({ delivered: begun, paused: true, concurrency: 5 });
    expect(await controlRun(app.client, id, { kind: 'unpause' })).toEqual({ paused: false, concurrency: 5 });
    expect(await result).toMatchObject({ due: 6, delivered: 6 });
    expect(Object.values(app.oracle().counts)).toEqual(Array.from({ length: 6 }, () => 1));
  });

  test('that still looks for what is due says so', async () => {
    const asked = Promise.withResolvers<void>();
    const source = defineSource({
      name: 'slow',
      due: async () => {
        await asked.promise;
        return { notifications: [] };
      },
    });
    await using app = await startApp({ sources: [source] });
    const id = `run/${randomUUID()}`;
    const selection = { kind: 'due', schedule: randomUUID() } as const;
    const result = app.run({ selection, nominalTime: new Date().toISOString() }, id);
    result.catch(() => undefined);
    const progress = await until('the run to begin', () => progressOf(app.client, id).catch(() => undefined));
    expect(progress).toMatchObject({ claiming: true, due: 0, delivered: 0 });
    const variables = { TEMPORAL_ADDRESS: app.address, SLACK_REPORTS_TASK_QUEUE: app.taskQueue };
    const shown = await runCli(['runs', 'show', id], { folder: app.folder, variables });
    expect(shown.stdout, shown.stderr).toContain('Looks for what is due');

    asked.resolve();
    expect(await result).toMatchObject({ due: 0 });
    expect(await progressOf(app.client, id)).not.toHaveProperty('claiming');
  });

  test('tells the Web UI counts, the oldest under way, and what did not arrive by reason', async () => {
    await using app = await startApp({ concurrency: 2 });
    const schedule = randomUUID();
    await app.store.notifications.add([
      rider('a-archived', schedule, { channel: 'C0LEGACY' }),
      rider('b-slow', schedule, { channel: 'C0ACME' }),
    ]);
    const { faults } = app.sandbox.sandbox;
    faults.add({ method: 'chat.postMessage', channel: 'C0ACME', when: 'before', action: { type: 'delay', ms: 1_500 } });
    const id = `run/${randomUUID()}`;
    const run = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() }, id);
    run.catch(() => undefined);
    const metadata = await until('the first to have failed', async () => {
      const asked = app.client.workflow
        .getHandle(id)
        .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      // The run may not have been started yet.
      const { currentDetails = '' } = await asked.catch(() => ({ currentDetails: '' }));
      return currentDetails.includes('1 parked') && currentDetails;
    });
    expect(metadata).toMatch(/^\*\*0 of 2 delivered\*\*, 0 failed, 1 parked, .*; (just begun|\d+\.\d a second)$/m);
    expect(metadata).toMatch(/^At most 2 under way at once$/m);
    expect(metadata).toMatch(/^- parked: is_archived: 1$/m);
    expect(metadata).toMatch(/^- a-archived → .*: parked, is_archived$/m);
    await until('the second to be the oldest', async () => {
      return (await progressOf(app.client, id)).oldest?.notification === 'b-slow';
    });
    expect(await run).toMatchObject({ delivered: 1, parked: 1, reasons: { 'parked: is_archived': 1 } });
  });

  test('with many partitions passes a pause on to them, and to those that start later', async () => {
    await using app = await startApp({ concurrency: 30 });
    const { id } = await slowRun(app, 1_001, 1_000);
    const handle = app.client.workflow.getHandle(id);
    await until('both partitions to be under way', async () => {
      const progress = await progressOf(app.client, id).catch(() => undefined);
      return progress?.partitions?.length === 2 && progress.oldest !== undefined;
    });
    expect(await controlRun(app.client, id, { kind: 'set_concurrency', concurrency: 6 })).toEqual({
      paused: false,
      concurrency: 6,
    });
    expect(await controlRun(app.client, id, { kind: 'pause' })).toEqual({ paused: true, concurrency: 6 });
    for (const n of [0, 1]) {
      const partition = app.client.workflow.getHandle(partitionWorkflowId(id, n));
      expect(await partition.query('progress')).toMatchObject({ paused: true, concurrency: 3 });
    }
    await until('those under way to end', async () => (await progressOf(app.client, id)).oldest === undefined);
    const { delivered } = await progressOf(app.client, id);
    expect(delivered).toBeGreaterThan(0);
    expect(delivered).toBeLessThan(1_001);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    const { cancelled } = await app.store.deliveries.countByState({ dispatchId: id });
    expect(cancelled).toBe(1_001 - delivered);
  });
});

test('a post whose answer is lost after its run was cancelled ends as cancelled, and says what happened', async () => {
  await using app = await startApp();
  app.sandbox.sandbox.faults.add({ method: 'chat.postMessage', when: 'after', action: { type: 'drop' } });
  const { id, result } = await slowRun(app, 1, 1_500);
  const [posting] = await until('the post to start', async () => {
    const rows = await app.store.deliveries.list({ dispatchId: id, states: ['posting'] }, 1);
    return rows.length === 1 && rows;
  });
  await app.client.workflow.getHandle(id).cancel();
  await expect(result).rejects.toThrow();
  const [row] = await app.store.deliveries.list({ dispatchId: id }, 1);
  expect(row).toMatchObject({ state: 'unconfirmed', error: { code: 'cancelled' } });
  expect(row?.error?.message).toContain('Its last attempt: ');
  const child = app.client.workflow.getHandle(deliverWorkflowId(posting ?? { notificationId: '', occurrence: '' }));
  expect((await child.describe()).status.name).toBe('CANCELLED');
});

describe('the command `runs`', () => {
  test('lists, shows, pauses, changes the concurrency and unpauses; and names wrong input', async () => {
    await using app = await startApp({ concurrency: 1 });
    const { id, result } = await slowRun(app, 3, 500);
    const variables = { SLACK_REPORTS_TASK_QUEUE: app.taskQueue };
    const runs = (...args: string[]) => runCli(['runs', ...args], { folder: app.folder, variables });
    await until('the run to have begun', () => app.oracle().messages.length > 0);
    await controlRun(app.client, id, { kind: 'pause' });

    expect(await runs('pause', id)).toMatchObject({ code: 0, stdout: `${id}: Paused: no further delivery starts\n` });
    expect((await runs('list')).stdout).toMatch(new RegExp(`^${id} +PAUSED +\\S+ +[1-3] of 3$`, 'm'));
    expect((await runs('concurrency', id, '7', '--json')).stdout).toMatch(/"concurrency": 7/);
    expect((await runs('show', id)).stdout).toMatch(
      /^[1-3] of 3 done: [1-3] delivered\nPaused: no further delivery starts$/m,
    );
    expect(await runs('unpause', id)).toMatchObject({ stdout: `${id}: At most 7 deliveries under way at once\n` });
    expect(await result).toMatchObject({ delivered: 3 });

    const wrong = [
      [['concurrency', id, '501'], 2, /^error: "501" is no whole number from 1 to 500$/m],
      [['pause', `${id}/partition-1`], 2, new RegExp(`is a partition of the run ${id}$`, 'm')],
      [['pause', id], 1, new RegExp(`^error: No run ${id} is under way$`, 'm')],
      [['show', 'run/nothing'], 1, /^error: No run run\/nothing is under way$/m],
    ] as const;
    for (const [args, code, message] of wrong) {
      const ended = await runs(...args);
      expect(ended.stderr, args.join(' ')).toMatch(message);
      expect(ended.code).toBe(code);
    }
  });
});
