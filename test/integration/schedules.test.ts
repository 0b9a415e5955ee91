import { WORKFLOWS } from '../../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { createElsewhere, idFor, json, scheduleOf } from '../support/schedules.ts';
import { rider } from '../support/store.ts';
import { nextSecond, until } from '../support/until.ts';

describe('update', () => {
  test('changes what is named, one setting at a time, and nothing else', async () => {
    await using app = await startApp({ withoutWorker: true });
    const id = idFor(app);
    await app.client.schedule.create({
      scheduleId: id,
      spec: {
        cronExpressions: ['0 9 * * *'],
        skip: [{ dayOfMonth: 25, month: 'DECEMBER', hour: '*', minute: '*', second: '*' }],
        timezone: 'Europe/Berlin',
        endAt: new Date('2096-01-01'),
      },
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOWS.dispatch,
        taskQueue: app.taskQueue,
        workflowId: `dispatch/${id}`,
        args: [{ spreadWindowS: 5 }],
        workflowRunTimeout: '3 hours',
        retry: { maximumAttempts: 2 },
        memo: { team: 'growth' },
        staticSummary: 'By hand',
      },
      policies: { overlap: 'BUFFER_ALL', catchupWindow: '5 minutes', pauseOnFailure: true },
      state: { paused: true, note: 'not yet', remainingActions: 9 },
    });
    const rawOf = async () => (await app.client.schedule.getHandle(id).describe()).raw.schedule;
    const whole = async () => JSON.parse(JSON.stringify(await rawOf())) as Record<string, Record<string, unknown>>;
    const steps: [named: object, section: string, keys: string[]][] = [
      // It was made without rules for its zone, and the first change gives it ours.
      [{ cron: '30 8 * * MON' }, 'spec', ['structuredCalendar', 'timezoneData']],
      [{ every: '5 hours' }, 'spec', ['interval']],
      [{ skip: 'none' }, 'spec', ['excludeStructuredCalendar']],
      [{ timezone: 'Asia/Tokyo' }, 'spec', ['timezoneName', 'timezoneData']],
      [{ start: '2026-12-01' }, 'spec', ['startTime']],
      [{ end: 'none' }, 'spec', ['endTime']],
      [{ jitter: '5 seconds' }, 'spec', ['jitter']],
      [{ overlap: 'allow-all' }, 'policies', ['overlapPolicy']],
      [{ catchupWindow: '20 minutes' }, 'policies', ['catchupWindow']],
      [{ pauseOnFailure: false }, 'policies', ['pauseOnFailure']],
      [{ window: '1 minute' }, 'action', ['startWorkflow']],
      [{ note: 'soon' }, 'state', ['notes']],
      [{ remainingRuns: 3 }, 'state', ['remainingActions']],
      [{ remainingRuns: null }, 'state', ['limitedActions', 'remainingActions']],
    ];
    for (const [named, section, keys] of steps) {
      const before = await whole();
      await app.schedules.update(id, named);
      const after = await whole();
      const changed = Object.keys(before).flatMap((part) => {
        const all = new Set([...Object.keys(before[part] ?? {}), ...Object.keys(after[part] ?? {})]);
        return [...all]
          .filter((key) => JSON.stringify(before[part]?.[key]) !== JSON.stringify(after[part]?.[key]))
          .map((key) => `${part}.${key}`);
      });
      expect(changed, JSON.stringify(named)).toEqual(keys.map((key) => `${section}.${key}`));
    }
    const { action, state } = await app.schedules.describe(id);
    expect(action).toMatchObject({
      args: [{ spreadWindowS: 60 }],
      workflowRunTimeout: 10_800_000,
      memo: { team: 'growth' },
      staticSummary: 'By hand',
    });
    expect(state).toEqual({ paused: true, note: 'soon', remainingActions: undefined });
  });

  test('shows old and new and the next run, and says when nothing changes', async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = scheduleOf(app);
    const id = idFor(app);
    await app.schedules.create({ id, cron: '0 0 29 2 *' });
    const updated = await schedule('update', id, '--timezone', 'Europe/Berlin', '--overlap', 'skip');
    expect(updated, updated.stderr).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: --overlap skip: /),
    });
    expect(updated.stdout).toMatch(
      / updated\n {4}timezone: UTC → Europe\/Berlin\n {4}overlap: allow-all → skip\n {4}next run: \d{4}-02-29T00.* → \d{4}-02-28T23.*\n$/,
    );
    expect((await schedule('update', id, '--timezone', 'Europe/Berlin')).stdout).toBe(
      `Schedule ${id} already has these settings\n`,
    );
    expect(await schedule('update', id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No setting to change'),
    });
    expect(await schedule('update', id, '--cron', 'none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Nothing says when it fires'),
    });
  });
});

/** The server starts no second run under an id while the first is under way. */
async function endOfRuns(app: App, id: string): Promise<void> {
  const { info } = await app.schedules.describe(id);
  const ids = info.recentActions.map(({ action }) => action.workflow.workflowId);
  await Promise.all(ids.map((workflowId) => app.client.workflow.getHandle(workflowId).result()));
}

test('a backfill sends what riders have not got, and nothing twice', async () => {
  await using app = await startApp();
  const schedule = scheduleOf(app);
  const id = idFor(app);
  const notification = `n-${randomUUID()}`;
  await app.store.notifications.add([rider(notification, id)]);
  await app.schedules.create({ id, cron: '0 9 * * *', timezone: 'Europe/Berlin' });
  const range = ['--from', '2026-03-27 09:00', '--until', '2026-03-29T07:00:00Z'];
  const listed = await schedule('backfill', id, ...range, '--dry-run');
  expect(listed.stdout.trim().split('\n')).toHaveLength(4);
  const delivered = () => app.store.deliveries.list({ notificationId: notification, states: ['delivered'] }, 10);
  for (const times of [1, 2]) {
    expect(json(await schedule('backfill', id, ...range, '--json')), `${times}`).toMatchObject({ runs: 3 });
    await until(`all runs of backfill ${times}`, async () => {
      const { info } = await app.schedules.describe(id);
      return info.numActionsTaken === 3 * times && (await delivered()).length === 3;
    });
    await endOfRuns(app, id);
  }
  expect((await delivered()).map(({ occurrence }) => occurrence).toSorted()).toEqual([
    '2026-03-27T08:00:00Z',
    '2026-03-28T08:00:00Z',
    '2026-03-29T07:00:00Z',
  ]);
  expect(app.oracle()).toMatchObject({ duplicates: [] });
  expect(await schedule('backfill', id, '--from', '2026-03-29', '--until', '2026-03-27')).toMatchObject({ code: 2 });
});

test('a schedule made, paused and triggered in the Web UI is as one of ours', async () => {
  await using app = await startApp();
  const schedule = scheduleOf(app);
  const id = idFor(app);
  const notification = `n-${randomUUID()}`;
  await app.store.notifications.add([rider(notification, id)]);
  await createElsewhere(app, id);
  const handle = app.client.schedule.getHandle(id);
  await handle.pause('by hand');
  expect(json(await schedule('describe', id, '--json'))).toMatchObject({
    cron: '0 9 * * MON-FRI',
    state: 'paused',
    note: 'by hand',
  });
  expect((await schedule('unpause', id)).code).toBe(0);
  expect((await handle.describe()).state.paused).toBe(false);

  await handle.trigger();
  const delivered = () => app.store.deliveries.list({ notificationId: notification, states: ['delivered'] }, 10);
  await until('the delivery of the trigger', async () => (await delivered()).length === 1);
  // Two triggers in one second are one.
  await nextSecond();
  const { workflowId } = json(await schedule('trigger', id, '--json'));
  expect(await app.client.workflow.getHandle(String(workflowId)).result()).toMatchObject({ due: 1, delivered: 1 });

  const file = join(app.folder, 'adopt.yaml');
  await writeFile(file, `schedules: {${id}: {cron: 0 9 * * MON-FRI}}`);
  expect(json(await schedule('apply', file, '--json'))).toMatchObject({
    added: [],
    changed: [
      {
        differences: [
          { setting: 'overlap', old: 'skip' },
          { setting: 'catchup-window', old: '365 days' },
        ],
      },
    ],
  });
});

/** The server's own command, as people type it. */
async function temporal(...args: string[]): Promise<void> {
  await promisify(execFile)(inject('temporalCli'), ['schedule', ...args, '--address', inject('temporalAddress')]);
}

test('one made, paused, changed, triggered and backfilled by the temporal command too', async () => {
  await using app = await startApp();
  const schedule = scheduleOf(app);
  const id = idFor(app);
  const notification = `n-${randomUUID()}`;
  await app.store.notifications.add([rider(notification, id)]);
  const starts = ['--type', WORKFLOWS.dispatch, '--workflow-id', `dispatch/${id}`, '--task-queue', app.taskQueue];
  const policies = ['--overlap-policy', 'AllowAll', '--catchup-window', '1h'];
  await temporal('create', '-s', id, '--cron', '0 9 29 2 *', '--time-zone', 'Europe/Berlin', ...starts, ...policies);
  const file = join(app.folder, 'same.yaml');
  await writeFile(file, `schedules: {${id}: {cron: 0 9 29 2 *, timezone: Europe/Berlin}}`);
  const applied = await schedule('apply', file);
  expect(applied.stdout, applied.stderr).toMatch(
    /^~ .*\n +timezone rules: the server's → \w+\n1 changed, 0 unchanged\n$/,
  );
  expect((await schedule('apply', file)).stdout).toBe('Nothing to change, 1 unchanged\n');

  await temporal('toggle', '-s', id, '--pause', '--reason', 'by the command');
  expect(json(await schedule('describe', id, '--json'))).toMatchObject({ state: 'paused', note: 'by the command' });
  const delivered = () => app.store.deliveries.list({ notificationId: notification, states: ['delivered'] }, 10);
  await temporal('trigger', '-s', id);
  await until('the delivery of the trigger', async () => (await delivered()).length === 1);

  const range = ['--start-time', '2024-02-01T00:00:00Z', '--end-time', '2024-03-01T00:00:00Z'];
  for (const times of [1, 2]) {
    await temporal('backfill', '-s', id, ...range, '--overlap-policy', 'AllowAll');
    await until(`backfill ${times}`, async () => {
      const { info } = await app.schedules.describe(id);
      return info.numActionsTaken === 1 + times && (await delivered()).length === 2;
    });
    await endOfRuns(app, id);
  }
  expect((await delivered()).map(({ occurrence }) => occurrence)).toContain('2024-02-29T08:00:00Z');
  expect(app.oracle()).toMatchObject({ duplicates: [] });

  // It replaces the whole schedule: what it does not name is lost, and `apply` says so.
  await temporal('update', '-s', id, '--cron', '30 8 29 2 *', ...starts);
  expect(json(await schedule('apply', file, '--json'))).toMatchObject({
    changed: [
      {
        differences: [
          { setting: 'cron', old: '30 8 29 2 *', new: '0 9 29 2 *' },
          { setting: 'timezone', old: 'UTC', new: 'Europe/Berlin' },
          { setting: 'overlap', old: 'skip', new: 'allow-all' },
          { setting: 'catchup-window', new: '1 hour' },
        ],
      },
    ],
  });
  const again = await schedule('apply', file);
  expect(again.stdout, again.stderr).toContain('Nothing to change, 1 unchanged\n');
});
