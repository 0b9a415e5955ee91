import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { defineReport } from '../../src/reports/define.ts';
import { type App, type AppOptions, startApp } from '../support/app.ts';
import { eventsOf } from '../support/history.ts';
import { rider } from '../support/store.ts';

const POST = 'chat.postMessage';
let loads = 0;

const slow = defineReport({
  name: 'slow',
  description: 'Takes longer than the fast path waits',
  params: z.object({}),
  load: async () => {
    loads += 1;
    await sleep(1_500);
  },
  render: () => ({ text: 'Slow', blocks: [] }),
});

function start(options: AppOptions): Promise<App> {
  return startApp({ reports: [slow], ...options });
}

async function sendOne(app: App, fields: object = {}) {
  const schedule = randomUUID();
  await app.store.notifications.add([rider(schedule, schedule, fields)]);
  const result = await app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
  const [row] = await app.store.deliveries.list({ notificationId: schedule }, 1);
  if (row === undefined) throw new Error('Nothing was claimed');
  return { result, row, events: await eventsOf(app.client, deliverWorkflowId(row)) };
}

test.each([
  ['unpaced', {}, {}],
  ['with a wait for its slot', {}, { spreadWindowS: 4 }],
])('a plain delivery has eleven events, %s', async (_, options, fields) => {
  await using app = await start(options);
  const { result, events } = await sendOne(app, fields);
  expect(result).toMatchObject({ delivered: 1 });
  expect(events).toEqual({ count: 11, timers: 0, attempts: 1 });
});

test.each([
  ['unpaced', {}],
  ['with a wait for its slot', { spreadWindowS: 4 }],
])('on the fast path it has six, %s', async (_, fields) => {
  await using app = await start({ fastPath: true });
  const { result, events } = await sendOne(app, fields);
  expect(result).toMatchObject({ delivered: 1 });
  expect(events).toEqual({ count: 6, timers: 0, attempts: 0 });
});

test('what the fast path does not do at once goes on as a visible activity, and the report is loaded once', async () => {
  await using app = await start({ fastPath: true });
  loads = 0;
  const { result, events } = await sendOne(app, { report: 'slow', params: {} });
  expect(result).toMatchObject({ delivered: 1 });
  expect(events).toMatchObject({ attempts: 1 });
  expect(loads).toBe(1);
});

test('after a lost answer on the fast path the channel is read before anything is posted again', async () => {
  await using app = await start({ fastPath: true });
  const { faults } = app.sandbox.sandbox;
  faults.add({ method: POST, when: 'after', times: 1, action: { type: 'drop' } });
  const { result, row } = await sendOne(app);
  expect(result).toMatchObject({ delivered: 1 });
  expect(row).toMatchObject({ state: 'delivered', attempts: 1 });
  expect(app.sandbox.sandbox.store.messagesIn('C0ACME')).toHaveLength(1);
});

test('what Slack refuses on the fast path fails visibly, with its reason', async () => {
  await using app = await start({ fastPath: true });
  const refuse = { type: 'error', error: 'msg_too_long' } as const;
  app.sandbox.sandbox.faults.add({ method: POST, when: 'before', action: refuse });
  const { result, row } = await sendOne(app);
  expect(result).toMatchObject({ failed: 1, reasons: { 'failed: msg_too_long': 1 } });
  expect(row).toMatchObject({ state: 'failed', error: { code: 'msg_too_long' } });
});
