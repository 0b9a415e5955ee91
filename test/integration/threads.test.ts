import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { FaultSpec, Message } from 'slack-sandbox';
import { context, header, section } from '../../src/reports/blocks/blocks.ts';
import { chart, chartImage } from '../../src/reports/blocks/chart.ts';
import { csv } from '../../src/reports/blocks/csv.ts';
import { defineReport } from '../../src/reports/define.ts';
import { table } from '../../src/reports/blocks/table.ts';
import { type App, type AppOptions, startApp } from '../support/app.ts';
import { rider } from '../support/store.ts';

const DAYS = ['Mon', 'Tue', 'Wed'];
const DRAWING = {
  type: 'bar' as const,
  title: 'By day',
  labels: DAYS,
  series: [{ name: 'Orders', values: [3, 0, 12] }],
};

/** A message with what its parameters ask for. */
const full = defineReport({
  name: 'full',
  description: 'Everything a message may come with',
  params: z.object({
    thread: z.int().default(0),
    csv: z.boolean().default(false),
    chart: z.boolean().default(false),
    picture: z.boolean().default(false),
    table: z.boolean().default(false),
  }),
  load: async () => null,
  render: (_data, { params }) => ({
    text: 'The report',
    blocks: [
      header('The report'),
      params.chart && chart(DRAWING),
      params.picture && chartImage(DRAWING),
      params.table && table(['Shop', 'Orders'], [['One', 15]]),
      context('the end'),
    ],
    thread: Array.from({ length: params.thread }, (_, at) => ({
      text: `Detail ${at + 1}`,
      blocks: [section(`Detail ${at + 1}`)],
    })),
    files: [params.csv && { name: 'orders.csv', title: 'Orders', content: csv(['Day', 'Orders'], [['=1+1', 3]]) }],
  }),
});

function start(options: AppOptions = {}): Promise<App> {
  return startApp({ ...options, reports: [full], footer: false });
}

/** Sends the report to each of the channels in one run, and tells what is to be seen of it. */
async function send(app: App, channels: string[], params: object) {
  const schedule = randomUUID();
  const fields = { report: 'full', params };
  await app.store.notifications.add(channels.map((channel) => rider(randomUUID(), schedule, { channel, ...fields })));
  const result = await app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
  const { store } = app.sandbox.sandbox;
  expect(app.oracle().duplicates).toEqual([]);
  const sent = new Map<string, Message[]>(channels.map((channel) => [channel, [...store.messagesIn(channel)]]));
  const deliveries = new Map((await app.store.deliveries.list({}, 100)).map((row) => [row.channel, row]));
  return { result, sent, deliveries };
}

function strike(app: App, channel: string, fault: Omit<FaultSpec, 'method' | 'channel'>): void {
  app.sandbox.sandbox.faults.add({ method: 'chat.postMessage', channel, ...fault });
}

/** Makes posts of the only thread pending, as they were before they were posted. */
async function rewind({ store: { db } }: App, nrs: number[], text: string): Promise<void> {
  const rows = await db.selectFrom('deliveries').selectAll().where('thread_nr', 'in', nrs).execute();
  await db.deleteFrom('deliveries').where('thread_nr', 'in', nrs).execute();
  const message = JSON.stringify({ text, blocks: [] });
  const pending = { state: 'pending', message, message_ts: null, posting_at: null, finished_at: null } as const;
  await db
    .insertInto('deliveries')
    .values(rows.map((row) => ({ ...row, ...pending, error_code: null, error_message: null })))
    .execute();
  await db.updateTable('deliveries').set({ thread_posts_open: nrs.length }).where('thread_nr', '=', 0).execute();
}

test('posts of a thread come once and in order, whatever is lost: answers, requests, and Slack’s patience', async () => {
  await using app = await start();
  const second = { nth: 2, times: 1 };
  strike(app, 'C0BLUEBIRD', { ...second, when: 'after', action: { type: 'drop' } });
  strike(app, 'C0CEDAR', { ...second, when: 'before', action: { type: 'drop' } });
  strike(app, 'C0DOCKSIDE', { ...second, when: 'before', action: { type: 'rate_limit', retryAfter: 1 } });
  strike(app, 'C0EVERLINE', { nth: 3, times: 1, when: 'after', action: { type: 'status', status: 500 } });
  const channels = ['C0ACME', 'C0BLUEBIRD', 'C0CEDAR', 'C0DOCKSIDE', 'C0EVERLINE'];
  const { result, sent, deliveries } = await send(app, channels, { thread: 3 });

  expect(result).toMatchObject({ due: 5, delivered: 5 });
  for (const channel of channels) {
    const [parent, ...thread] = sent.get(channel) ?? [];
    expect(
      thread.map(({ text }) => text),
      channel,
    ).toEqual(['Detail 1', 'Detail 2', 'Detail 3']);
    expect(new Set(thread.map(({ threadTs }) => threadTs))).toEqual(new Set([parent?.ts]));
    const delivery = deliveries.get(channel);
    expect(delivery, channel).toMatchObject({
      state: 'delivered',
      messageTs: parent?.ts,
      error: undefined,
      threadPostsOpen: 0,
    });
    const posts = await app.store.deliveries.thread(delivery?.id ?? '');
    expect(posts.map(({ messageTs }) => messageTs)).toEqual(thread.map(({ ts }) => ts));
    expect(posts.map(({ message }) => message)).toEqual([undefined, undefined, undefined]);
  }
});

test('a post of a thread that Slack refuses leaves the report delivered, with a note, and parks what it is about', async () => {
  await using app = await start();
  const refusals = {
    C0ACME: 'is_archived',
    C0BLUEBIRD: 'msg_too_long',
    C0CEDAR: 'restricted_action_thread_locked',
  };
  for (const [channel, error] of Object.entries(refusals)) {
    // The plain text is refused as well.
    strike(app, channel, { nth: 3, times: 1, when: 'before', action: { type: 'error', error } });
    strike(app, channel, { nth: 4, times: 1, when: 'before', action: { type: 'error', error } });
  }
  const channels = Object.keys(refusals);
  const { result, sent, deliveries } = await send(app, channels, { thread: 4 });
  expect(result).toMatchObject({ due: 3, delivered: 3, failed: 0 });
  const told = channels.map((channel) => sent.get(channel)?.map(({ text }) => text));
  expect(told).toEqual([
    // What is parked is not asked again.
    ['The report', 'Detail 1'],
    ['The report', 'Detail 1', 'Detail 3', 'Detail 4'],
    ['The report', 'Detail 1', 'Detail 4'],
  ]);
  expect(channels.map((channel) => deliveries.get(channel)?.error?.message)).toEqual([
    '3 of 4 thread posts failed: is_archived',
    '1 of 4 thread posts failed: msg_too_long',
    '2 of 4 thread posts failed: restricted_action_thread_locked',
  ]);
  const archived = deliveries.get('C0ACME');
  expect(archived).toMatchObject({ state: 'delivered', error: { code: 'thread_incomplete' } });
  const [, second] = await app.store.deliveries.thread(archived?.id ?? '');
  expect(second).toMatchObject({ threadNr: 2, state: 'failed', error: { code: 'is_archived' } });
  expect(second?.log.map(({ state }) => state)).toEqual(['pending', 'posting', 'failed']);
  expect(await app.store.parking.list()).toMatchObject([
    { kind: 'notification', id: archived?.notificationId, code: 'is_archived' },
  ]);
});

test('a post of a thread parks its workspace; that of a test does not park the notification', async () => {
  await using app = await start();
  const second = { nth: 2, times: 1, when: 'before' } as const;
  strike(app, 'C0OPS', { ...second, action: { type: 'error', error: 'is_archived' } });
  const revoked = { type: 'error', error: 'token_revoked' } as const;
  strike(app, 'C0ACME', { ...second, action: revoked });
  app.sandbox.sandbox.faults.add({ method: 'auth.test', when: 'before', action: revoked, times: 1 });
  const fields = { report: 'full', params: { thread: 1 } };
  await app.store.notifications.add([rider('tested', 'none', fields)]);
  const nominalTime = new Date().toISOString();
  const selection = { kind: 'test', notificationId: 'tested', channel: 'C0OPS' } as const;
  expect(await app.run({ selection, nominalTime })).toMatchObject({ delivered: 1 });
  expect(await app.store.parking.list()).toEqual([]);
  await send(app, ['C0ACME'], { thread: 1 });
  expect(await app.store.parking.list()).toMatchObject([{ kind: 'workspace', id: 'sandbox', code: 'token_revoked' }]);
});

test('what a run that was terminated has left of a thread is posted by the next tick', async () => {
  await using app = await start();
  strike(app, 'C0ACME', { nth: 2, times: 1, when: 'after', action: { type: 'drop' } });
  const { deliveries } = await send(app, ['C0ACME'], { thread: 2 });
  const [delivery] = deliveries.values();
  if (delivery === undefined) throw new Error('nothing was delivered');
  // As a terminated run leaves it: the report delivered, a post of the thread still open, its run over.
  const { db } = app.store;
  const old = new Date(Date.now() - 600_000).toISOString();
  await rewind(app, [2], 'Detail 2, late');
  await db.updateTable('deliveries').set({ claimed_at: old, not_before: old, dispatch_id: 'gone' }).execute();
  const result = await app.run({ selection: { kind: 'due', schedule: null }, nominalTime: new Date().toISOString() });
  expect(result).toMatchObject({ due: 1, delivered: 1 });
  const texts = app.sandbox.sandbox.store.messagesIn('C0ACME').map(({ text }) => text);
  expect(texts).toEqual(['The report', 'Detail 1', 'Detail 2', 'Detail 2, late']);
});

test('after a restore each post of a thread is looked up, and only what is missing is posted', async () => {
  await using app = await start();
  const { db } = app.store;
  const takenAt = new Date().toISOString();
  // The plain text is refused as well.
  for (const nth of [4, 5])
    strike(app, 'C0ACME', { nth, times: 1, when: 'before', action: { type: 'error', error: 'no_text' } });
  const schedule = randomUUID();
  const params = { thread: 3 };
  await app.store.notifications.add([rider('a', schedule, { report: 'full', params })]);
  const input = { selection: { kind: 'due' as const, schedule }, nominalTime: takenAt };
  expect(await app.run(input)).toMatchObject({ delivered: 1 });
  const texts = () => app.sandbox.sandbox.store.messagesIn('C0ACME').map(({ text }) => text);
  expect(texts()).toEqual(['The report', 'Detail 1', 'Detail 2']);

  // The backup knows nothing of the delivery.
  await db.deleteFrom('deliveries').execute();
  await db.insertInto('backups').values({ taken_at: takenAt, restored_at: new Date().toISOString() }).execute();
  expect(await app.run(input)).toMatchObject({ delivered: 1 });
  const whole = ['The report', 'Detail 1', 'Detail 2', 'Detail 3'];
  expect(texts()).toEqual(whole);
  const [delivery] = await app.store.deliveries.list({}, 1);
  expect(delivery).toMatchObject({ error: undefined, threadPostsOpen: 0 });

  // Another backup knows of the message, and not of its thread.
  const old = new Date(Date.now() - 600_000).toISOString();
  await rewind(app, [1, 2, 3], 'not posted again');
  await db.updateTable('deliveries').set({ posting_at: old, not_before: old, dispatch_id: 'gone' }).execute();
  await db.updateTable('backups').set({ restored_at: new Date().toISOString() }).execute();
  // What is parked is posted no more, but what was posted is found.
  await app.store.parking.park({ kind: 'notification', id: 'a' }, { code: 'is_archived', message: 'is archived' });
  expect(await app.run({ selection: { kind: 'due', schedule: null } })).toMatchObject({ due: 1, delivered: 1 });
  expect(texts()).toEqual(whole);
  expect(await app.store.deliveries.list({}, 1)).toMatchObject([{ error: undefined, threadPostsOpen: 0 }]);
  expect(app.oracle().duplicates).toEqual([]);
});

test('a chart that the workspace does not know is a table in the same place, and the message is posted once', async () => {
  await using app = await start({ limits: { unknownBlocks: ['data_visualization'] } });
  const { sent, deliveries } = await send(app, ['C0ACME'], { chart: true });
  expect(sent.get('C0ACME')).toHaveLength(1);
  expect(sent.get('C0ACME')?.[0]?.blocks?.map(({ type }) => type)).toEqual(['header', 'table', 'context']);
  expect(JSON.stringify(sent.get('C0ACME')?.[0]?.blocks)).toContain('"text":"Wed"},{"type":"raw_text","text":"12"}');
  expect(deliveries.get('C0ACME')).toMatchObject({ state: 'delivered', error: { code: 'invalid_blocks' } });
  // Slack takes one table in a message: the chart is then lines of text.
  const again = await send(app, ['C0OPS'], { chart: true, table: true });
  expect(again.sent.get('C0OPS')?.[0]?.blocks?.map(({ type }) => type)).toEqual([
    'header',
    'rich_text',
    'table',
    'context',
  ]);
});

test('a picture is drawn, uploaded privately and shown, in the one message; Slack may need its time for it', async () => {
  // Without a cache each workflow task replays the history so far, as after a restart of the worker.
  await using app = await start({ maxCachedWorkflows: 0, limits: { fileProcessingMs: 1_500 } });
  const { faults, store } = app.sandbox.sandbox;
  faults.add({ method: 'upload', when: 'before', times: 1, action: { type: 'status', status: 503 } });
  const { sent } = await send(app, ['C0ACME'], { picture: true, thread: 1 });
  const [message, ...more] = sent.get('C0ACME') ?? [];
  expect(more.map(({ text }) => text)).toEqual(['Detail 1']);
  const [file, ...files] = store.files.values();
  expect(files).toEqual([]);
  expect(message?.blocks).toMatchObject([
    { type: 'header' },
    { type: 'image', slack_file: { id: file?.id }, alt_text: 'By day. Mon 3, Tue 0, Wed 12' },
    { type: 'context' },
  ]);
  const png = Buffer.from(file?.content ?? '', 'base64');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBe(1_500);
});

test('a report does not wait for files that cannot be uploaded: it says what is missing', async () => {
  await using app = await start();
  const { sandbox } = app.sandbox;
  const token = sandbox.store.tokens.get(app.sandbox.token);
  if (token === undefined) throw new Error('the sandbox has no token');
  const scopes = token.scopes.filter((scope) => scope !== 'files:write');
  sandbox.store.record({ type: 'token', token: { ...token, scopes } });
  const { result, sent, deliveries } = await send(app, ['C0ACME'], { picture: true, csv: true });
  expect(result).toMatchObject({ delivered: 1 });
  expect(sent.get('C0ACME')?.[0]?.blocks?.map(({ type }) => type)).toEqual(['header', 'table', 'context']);
  expect(sent.get('C0ACME')?.[1]?.text).toBe('Orders could not be attached (missing_scope)');
  const steps = deliveries.get('C0ACME')?.log.map(({ message }) => message);
  expect(steps).toContain('Posted without chart-1.png: missing_scope: the token needs the scope files:write');
});

test('a file is attached in the thread', async () => {
  await using app = await start();
  const { sent } = await send(app, ['C0ACME'], { csv: true, thread: 1 });
  const { store } = app.sandbox.sandbox;
  const [file] = store.files.values();
  const [parent, , last] = sent.get('C0ACME') ?? [];
  expect(last).toMatchObject({ threadTs: parent?.ts, files: [file?.id] });
  expect(last?.text).toMatch(/^<http.*\/orders\.csv\|Orders> \(1 row\)$/);
  expect(Buffer.from(file?.content ?? '', 'base64').toString()).toBe("Day,Orders\r\n'=1+1,3\r\n");
  const kept = await app.store.db.selectFrom('delivery_files').select('file').execute();
  expect(kept).toEqual([{ file: null }]);
});
