import { WORKFLOWS } from '../../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { followRun } from '../../src/runs/start.ts';
import { planAgain } from '../../src/scheduling/follow-due.ts';
import { type DuePlan, isWhenDue, planOfCalendars } from '../../src/scheduling/due-plan.ts';
import { TICK } from '../../src/scheduling/managed.ts';
import { lookAfter } from '../../src/worker-store.ts';
import { billedActions } from '../support/actions.ts';
import { type App, startApp } from '../support/app.ts';
import { NO_LIMITS } from '../support/sandbox.ts';
import { cliOf, json, scheduleOf } from '../support/schedules.ts';
import { recurring, rider } from '../support/store.ts';
import { nextSecond, until } from '../support/until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Longer than two minutes and what a run takes. */
const FIRE_DEADLINE_MS = 150_000;

let app: App;

beforeAll(async () => {
  app = await startApp({ limits: NO_LIMITS });
  app.defer(async () => {
    const found = await app.schedules.find(TICK);
    if (found !== undefined && app.schedules.isManaged(found)) await app.schedules.remove(TICK);
  });
  await app.schedules.create({ id: TICK, whenDue: true });
});
afterAll(() => app[Symbol.asyncDispose]());

async function plan(): Promise<DuePlan> {
  const { spec } = await app.schedules.describe(TICK);
  expect(isWhenDue(spec)).toBe(true);
  return planOfCalendars(spec.calendars ?? []);
}

/** A fire of the schedule, as a safety fire would be; its result when it has ended. */
async function fire() {
  await nextSecond();
  const workflowId = await app.schedules.trigger(TICK);
  return followRun(app.client.workflow.getHandle<typeof dispatch>(workflowId), () => {});
}

/** What `doctor` says of own recurrences. */
async function doctor() {
  const { stdout } = await cliOf(app)('doctor', '--json');
  return (JSON.parse(stdout) as Finding[]).find(({ what }) => what === 'own recurrences');
}

/** `m h * * *` of a minute in UTC, and the minute of the day. */
function minuteFrom(now: number, minutes: number) {
  const at = new Date(Math.ceil(now / MINUTE) * MINUTE + minutes * MINUTE);
  const [hour, minute] = [at.getUTCHours(), at.getUTCMinutes()];
  return { at, cron: `${minute} ${hour} * * *`, minuteOfDay: hour * 60 + minute };
}

test('an idle schedule has only its safety fires, each of 4 Actions', async () => {
  const workflowId = await app.schedules.trigger(TICK);
  expect(await followRun(app.client.workflow.getHandle<typeof dispatch>(workflowId), () => {})).toMatchObject({
    due: 0,
  });
  expect(await billedActions(app.client, workflowId)).toBe(4);
  await until('the new times', async () => (await plan()).daily.size === 24);
  expect([...(await plan()).daily]).toEqual(Array.from({ length: 24 }, (_, hour) => hour * 60));
  const { info } = await app.schedules.describe(TICK);
  expect(info.nextActionTimes[0]!.getTime() % HOUR).toBe(0);
  const described = await cliOf(app)('schedule', 'describe', TICK);
  expect(described.stdout).toContain('when something is due, and at each full hour');
});

test('an added notification gets its fire at once, and is delivered by it', async () => {
  const { at, cron, minuteOfDay } = minuteFrom(Date.now() + 20_000, 0);
  const report = ['--report', 'account-activity', '--account', 'acme', '--channel', 'C0ACME', '--workspace', 'sandbox'];
  const added = await cliOf(app)('notifications', 'add', 'soon', ...report, '--cron', cron, '--timezone', 'UTC');
  expect(added, added.stderr).toMatchObject({ code: 0, stderr: '' });
  await until('the new time', async () => (await plan()).daily.has(minuteOfDay));
  const { info } = await app.schedules.describe(TICK);
  expect(info.nextActionTimes).toContainEqual(at);

  const delivered = async () => (await app.store.deliveries.list({ notificationId: 'soon' }, 10))[0];
  await until('its delivery', async () => (await delivered())?.state === 'delivered', FIRE_DEADLINE_MS);
  expect((await delivered())?.dispatchId).toBe(`dispatch/${TICK}-${at.toISOString().replace('.000', '')}`);
  const after = await plan();
  expect(after.daily.has(minuteOfDay), 'due tomorrow').toBe(true);
  expect(after.once, 'a fire that would take over its rest').toHaveLength(
    after.daily.has((minuteOfDay + 3) % 1_440) ? 0 : 1,
  );
});

test('a row that only the store knows is found by the next fire', async () => {
  const { at, cron, minuteOfDay } = minuteFrom(Date.now(), 125);
  await app.store.notifications.add([recurring('by-sql', { cron, nextDueAt: at.toISOString() })]);
  const hoursAgo = new Date(Date.now() - 2 * HOUR).toISOString();
  await app.store.notifications.add([recurring('overdue', { cron: '0 0 1 1 *', nextDueAt: hoursAgo })]);
  expect((await plan()).daily.has(minuteOfDay)).toBe(false);
  expect(await doctor()).toMatchObject({ kind: 'warn', detail: expect.stringContaining(`one is due at ${hoursAgo}`) });
  await fire();
  await until('the new time', async () => (await plan()).daily.has(minuteOfDay));
  expect(await doctor()).toMatchObject({ kind: 'ok', detail: expect.stringContaining('claimed by tick at') });
});

const isoAt = (ms: number) => new Date(ms).toISOString();

test('slots go out once, whichever rules of their zones the worker had that stored them', async () => {
  const [passed, toCome] = [minuteFrom(Date.now(), -3), minuteFrom(Date.now(), 57)];
  // Node was updated: its older rules had the slot an hour later; or a minute ago, when it has not come by ours.
  const hidden = { ...passed, nextDueAt: isoAt(+passed.at + HOUR), by: '001/2020a' };
  const early = { ...toCome, nextDueAt: isoAt(Date.now() - MINUTE), by: '001/2020a' };
  // A worker with a newer Node stands next to this one, and has the slot an hour before ours.
  const newer = { ...toCome, nextDueAt: isoAt(Date.now() - MINUTE), by: '999/2099z' };
  for (const [id, { cron, nextDueAt, at, by }] of Object.entries({ hidden, early, newer })) {
    const nextLocal = at.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
    await app.store.notifications.add([recurring(id, { cron, nextDueAt, nextLocal }, { channel: 'C0HARBOR' })]);
    await app.store.db.updateTable('notifications').set({ due_by: by }).where('id', '=', id).execute();
  }
  const log = { info() {}, warn() {}, error() {} };
  const worker = { client: app.client, options: { taskQueue: app.taskQueue } };
  (await lookAfter(app.store, { log, dueTimesMoved: () => planAgain(worker, app.store) }))[Symbol.dispose]();
  expect((await plan()).daily.has(toCome.minuteOfDay)).toBe(true);
  await fire();
  await fire();

  const found = [];
  for (const notificationId of ['hidden', 'early', 'newer']) {
    const rows = await app.store.deliveries.list({ notificationId }, 10);
    found.push(rows.map(({ occurrence, state }) => `${occurrence.slice(11, 16)} ${state}`));
  }
  const [late, next] = [passed.at, toCome.at].map((at) => `${at.toISOString().slice(11, 16)} delivered`);
  expect(found).toEqual([[late], [], [next]]);
  expect(app.oracle().messages.filter(({ channel }) => channel === 'C0HARBOR')).toHaveLength(2);
});

test('the rest of a terminated run gets a fire about two minutes later, which takes it over', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `orphan-${index}`);
  await app.store.notifications.add(ids.map((id) => rider(id, 'orphans', { channel: 'C0GRANITE' })));
  const fault = { method: 'chat.postMessage', channel: 'C0GRANITE', action: { type: 'delay', ms: 400 } };
  await fetch(`${app.sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  const handle = await app.client.workflow.start<typeof dispatch>(WORKFLOWS.dispatch, {
    workflowId: `test/${randomUUID()}`,
    taskQueue: app.taskQueue,
    args: [{ selection: { kind: 'due', schedule: 'orphans' } }],
  });
  const posted = () => app.oracle().messages.filter(({ channel }) => channel === 'C0GRANITE');
  await until('the first message', () => posted().length > 0);
  await handle.terminate('test');
  const { info } = await app.schedules.describe(TICK);
  expect(info.nextActionTimes[0]!.getTime() - Date.now()).toBeLessThanOrEqual(4 * MINUTE);

  // Not waited for: the slots go back in time instead, and the fire comes now.
  const before = new Date(Date.now() - 3 * MINUTE).toISOString();
  const { numUpdatedRows } = await app.store.db
    .updateTable('deliveries')
    .set({ not_before: before })
    .where('dispatch_id', '=', handle.workflowId)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  expect(numUpdatedRows).toBeGreaterThan(0n);
  await fire();
  const count = async () => (await app.store.deliveries.countByState({ channel: 'C0GRANITE' })).delivered;
  await until('the deliveries that it left', async () => (await count()) === 60);
  expect(new Set(posted().map(({ deliveryId }) => deliveryId)).size).toBe(60);
  expect(posted()).toHaveLength(60);
});

test('times that a person set stay, until the person gives them up', async () => {
  const schedule = scheduleOf(app);
  expect(await schedule('update', TICK, '--cron', '7 7 * * *')).toMatchObject({ code: 0 });
  await until('the new times', async () => !isWhenDue((await app.schedules.describe(TICK)).spec));
  await fire();
  expect(json(await schedule('describe', TICK, '--json'))).toMatchObject({ cron: '7 7 * * *' });

  const refused = await schedule('update', TICK, '--when-due', '--timezone', 'Europe/Berlin');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('has no timezone') });
  expect(await schedule('create', 'other', '--when-due')).toMatchObject({ code: 2 });
  expect(await schedule('update', TICK, '--when-due')).toMatchObject({ code: 0 });
  await until('its own times', async () => isWhenDue((await app.schedules.describe(TICK)).spec));
});

test('without a Temporal server a notification is added all the same, and a note says so', async () => {
  const { cron } = minuteFrom(Date.now(), 240);
  const args = ['notifications', 'add', 'alone', '--report', 'delivery-digest', '--account', 'acme'];
  const slackReports = cliOf(app, { TEMPORAL_ADDRESS: '127.0.0.1:9' });
  const added = await slackReports(...args, '--channel', 'C0ACME', '--workspace', 'sandbox', '--cron', cron);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('added') });
  expect(added.stderr).toMatch(/^note: couldn't bring the schedule tick up to date.*\n$/);
});
