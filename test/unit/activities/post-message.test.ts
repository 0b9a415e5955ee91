import { startSandbox } from 'slack-sandbox';
import { defineReport, header, z } from 'slack-reports/reports';
import { expect, test } from 'vitest';
import type { Notification } from '../../../src/domain/notification.ts';
import { activitiesInProcess, deliverInProcess } from '../../../src/testing/in-process.ts';
import type { Updateable } from 'kysely';
import type { DeliveryRow } from '../../../src/store/schema.ts';
import { NO_LIMITS } from '../../support/sandbox.ts';
import { oneOff, rider, temporaryStore } from '../../support/store.ts';

const ID = 'acme';
const HOUR_MS = 3_600_000;

/** A pending delivery of a rider, what a worker does with it, and the local Slack. */
async function pendingDelivery({ byHand = false, threads = 0 } = {}) {
  const stack = new AsyncDisposableStack();
  const { store } = stack.use(await temporaryStore());
  const sandbox = stack.use(await startSandbox({ port: 0, limits: NO_LIMITS }));
  let loads = 0;
  const report = defineReport({
    name: 'told',
    description: 'Says to whom, and how often it was loaded',
    params: z.strictObject({ to: z.string() }),
    footer: false,
    load: async ({ params: { to } }) => `${to} ${(loads += 1)}`,
    render: (text) => ({
      text,
      blocks: [header(text)],
      thread: Array.from({ length: threads }, () => ({ text: `More of ${text}`, blocks: [header(text)] })),
    }),
  });
  const worker = activitiesInProcess(store, {
    apiUrl: sandbox.slackApiUrl,
    sandboxUrl: sandbox.url,
    findReport: () => report,
    settleMs: 300,
  });
  await store.notifications.add([rider(ID, 's', { report: 'told', params: { to: 'Anna' } })]);
  const selection = byHand
    ? ({ kind: 'notifications', ids: [ID] } as const)
    : ({ kind: 'due', schedule: 's' } as const);
  await store.claims.claimDue({ dispatchId: 'run', nominal: new Date(), selection });
  const [claimed] = await store.deliveries.list({}, 1);
  const id = claimed?.id ?? '';
  return {
    store,
    id,
    sandbox: sandbox.sandbox,
    change: (change: (before: Notification) => Notification) => store.notifications.change(ID, change, new Date()),
    /** As a worker finds it after `ms` more milliseconds. */
    async later(ms: number): Promise<void> {
      const found = await store.ledger.find(id);
      const back = (at: string | undefined) => at && new Date(Date.parse(at) - ms).toISOString();
      await put({
        due_at: back(found?.dueAt) ?? '',
        not_before: back(found?.notBefore) ?? '',
        post_until: back(found?.postUntil) ?? null,
        rendered_at: back(found?.renderedAt) ?? null,
      });
    },
    put,
    post: () => deliverInProcess(worker, store, id),
    find: () => store.ledger.find(id),
    /** In every channel. */
    messages: () =>
      [...sandbox.sandbox.store.channels.keys()].flatMap((channel) =>
        sandbox.sandbox.store.messagesIn(channel).map((message) => ({ channel, text: message.text })),
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };

  async function put(columns: Updateable<DeliveryRow>): Promise<void> {
    await store.db.updateTable('deliveries').set(columns).where('id', '=', id).execute();
  }
}

const STORED = { text: 'Anna, kept', blocks: [] };

test('a notification that was paused, disabled or removed after the claim is skipped', async () => {
  const cases = {
    paused: (one: World) => one.store.notifications.pause(ID, { until: undefined, note: 'moving' }),
    disabled: (one: World) => one.change((before) => ({ ...before, enabled: false })),
    removed: (one: World) => one.store.notifications.remove(ID),
  };
  for (const [code, act] of Object.entries(cases)) {
    await using world = await pendingDelivery();
    await act(world);
    await world.post();
    expect(await world.find()).toMatchObject({ state: 'skipped', error: { code } });
    expect(world.messages()).toEqual([]);
  }
});

test('what was asked for goes out in spite of an older pause, and not after a newer one', async () => {
  await using world = await pendingDelivery({ byHand: true });
  await world.store.notifications.pause(ID, { until: undefined, note: undefined });
  // The pause is older than the run.
  const longAgo = new Date(Date.now() - HOUR_MS).toISOString();
  await world.store.db.updateTable('notifications').set({ paused_at: longAgo }).execute();
  await world.post();
  expect(await world.find()).toMatchObject({ state: 'delivered' });

  await using other = await pendingDelivery({ byHand: true });
  await other.later(1_000);
  await other.store.notifications.pause(ID, { until: undefined, note: undefined });
  await other.post();
  expect(await other.find()).toMatchObject({ state: 'skipped', error: { code: 'paused' } });
});

test('it goes to the channel, with the parameters, that its notification has when it is posted', async () => {
  await using world = await pendingDelivery();
  await world.store.ledger.saveMessage(world.id, STORED);
  await world.change((before) => ({ ...before, channel: { id: 'C0CEDAR', name: '#cedar' }, params: { to: 'Bea' } }));
  await world.post();
  expect(world.messages()).toEqual([{ channel: 'C0CEDAR', text: 'Bea 1' }]);
  expect(await world.find()).toMatchObject({ state: 'delivered', channel: 'C0CEDAR', channelName: '#cedar' });
});

test('a change between the look at the delivery and its claim is seen', async () => {
  await using world = await pendingDelivery();
  await world.store.ledger.saveMessage(world.id, STORED);
  const seen = await world.store.work.find(world.id);
  const begin = (version: string | undefined) =>
    world.store.ledger.beginPosting(world.id, {
      seen: { renderedAt: seen?.delivery.renderedAt, notification: version },
    });
  await world.change((before) => ({ ...before, params: { to: 'Bea' } }));
  expect(await begin(seen?.notification?.version)).toBeUndefined();
  const again = await world.store.work.find(world.id);
  expect(await begin(again?.notification?.version)).toBe(1);
});

test('a message that another attempt has made again is not posted in its old form', async () => {
  await using world = await pendingDelivery();
  await world.store.ledger.saveMessage(world.id, STORED, { renderedAt: '2026-11-23T08:00:00.000Z' });
  const renderedAt = '2026-11-23T08:00:00.000Z';
  const why = { code: 'outdated', message: 'old' };
  expect(await world.store.ledger.renew(world.id, { subject: undefined, renderedAt, why })).toBe(true);
  await world.store.ledger.saveMessage(world.id, STORED, { renderedAt: '2026-11-23T09:00:00.000Z' });
  expect(await world.store.ledger.renew(world.id, { subject: undefined, renderedAt, why })).toBe(false);
  const seen = { renderedAt, notification: undefined };
  expect(await world.store.ledger.beginPosting(world.id, { seen })).toBeUndefined();
});

test('a message that waited is made again, with its thread, and one that has only just been made is not', async () => {
  await using world = await pendingDelivery({ threads: 1 });
  await world.store.ledger.saveMessage(world.id, { ...STORED, thread: [STORED, STORED] });
  await world.later(3 * 60_000);
  await world.post();
  expect(world.messages().map(({ text }) => text)).toEqual(['Anna 1', 'More of Anna 1']);
  expect((await world.find())?.log).toContainEqual(expect.objectContaining({ code: 'outdated' }));

  await using fresh = await pendingDelivery();
  await fresh.store.ledger.saveMessage(fresh.id, STORED);
  await fresh.later(60_000);
  await fresh.post();
  expect(fresh.messages().map(({ text }) => text)).toEqual([STORED.text]);
});

test('a message that may be in Slack never changes, whatever has changed', async () => {
  await using world = await pendingDelivery();
  await world.store.ledger.saveMessage(world.id, STORED);
  world.sandbox.faults.add({ method: 'chat.postMessage', when: 'before', action: { type: 'drop' }, times: 1 });
  const posting = world.post();
  await expect.poll(async () => (await world.find())?.state, { interval: 10 }).toBe('posting');
  await world.later(30 * 60_000);
  await world.change((before) => ({ ...before, channel: { id: 'C0CEDAR' }, params: { to: 'Bea' } }));
  await posting;
  expect(world.messages()).toEqual([{ channel: 'C0ACME', text: STORED.text }]);
  expect(await world.find()).toMatchObject({ state: 'delivered', attempts: 2 });
});

test('what Slack surely did not take may be made again', async () => {
  await using world = await pendingDelivery();
  const { ledger } = world.store;
  await ledger.saveMessage(world.id, STORED);
  const before = await world.find();
  const action = { type: 'rate_limit', retryAfter: 30 } as const;
  world.sandbox.faults.add({ method: 'chat.postMessage', when: 'before', action, times: 1 });
  const seen: unknown[] = [];
  const beginPosting = ledger.beginPosting.bind(ledger);
  const releasePosting = ledger.releasePosting.bind(ledger);
  ledger.beginPosting = async (...what) => {
    const attempt = await beginPosting(...what);
    seen.push((await world.find())?.renderedAt);
    return attempt;
  };
  ledger.releasePosting = async (...outcome) => {
    await releasePosting(...outcome);
    seen.push((await world.find())?.renderedAt);
    throw new Error('the test ends here, without the wait that Slack asks for');
  };
  await world.post();
  expect(before?.renderedAt).toBeDefined();
  expect(seen).toEqual([undefined, before?.renderedAt]);
});

test('what was held up for more than a few minutes says so in the message, and in the ledger', async () => {
  await using world = await pendingDelivery();
  await world.store.ledger.saveMessage(world.id, STORED);
  await world.later(42 * 60_000);
  await world.post();
  const [message] = world.sandbox.store.messagesIn('C0ACME');
  expect(JSON.stringify(message?.blocks)).toMatch(/Due [^"]*, posted [^"]*: it could not be posted earlier/);
  expect(message?.text).toBe('Anna 1');
  expect(await world.find()).toMatchObject({ state: 'delivered', lateReason: 'it could not be posted earlier' });
});

test('beyond the catch-up window it is missed, with its reason, and nothing is posted', async () => {
  await using world = await pendingDelivery();
  await world.later(2 * HOUR_MS);
  expect(await world.store.ledger.beginPosting(world.id)).toBeUndefined();
  await world.post();
  expect(await world.find()).toMatchObject({ state: 'missed', error: { code: 'too_late' } });
  expect(world.messages()).toEqual([]);

  await using asked = await pendingDelivery({ byHand: true });
  await asked.later(5 * HOUR_MS);
  await asked.post();
  expect(await asked.find(), 'what was asked for has no catch-up window').toMatchObject({ state: 'delivered' });
});

test('a one-off that is too late goes from the notifications, as where a run finds it too late', async () => {
  await using world = await pendingDelivery();
  await world.store.notifications.add([oneOff('once', { report: 'told', params: { to: 'Anna' } })]);
  await world.put({ notification_id: 'once' });
  await world.later(2 * HOUR_MS);
  await world.post();
  expect(await world.find()).toMatchObject({ state: 'missed' });
  expect(await world.store.notifications.find('once')).toBeUndefined();
});

test('a refusal belongs to the channel that was refused', async () => {
  await using world = await pendingDelivery();
  const { store } = world;
  await world.change((before) => ({ ...before, channel: { id: 'C0LEGACY', name: '#legacy-reports' } }));
  await world.post();
  expect(await world.find()).toMatchObject({ state: 'parked', channel: 'C0LEGACY' });
  expect(await store.parking.list()).toMatchObject([{ kind: 'notification', id: ID, channel: 'C0LEGACY' }]);

  await world.change((before) => ({ ...before, channel: { id: 'C0CEDAR' } }));
  const selection = { kind: 'due', schedule: 's' } as const;
  await store.claims.claimDue({ dispatchId: 'next', nominal: new Date(Date.now() + 1_000), selection });
  const [next] = await store.deliveries.list({ dispatchId: 'next' }, 1);
  expect(await store.work.find(next?.id ?? '')).toMatchObject({ parked: undefined });
  expect(await store.ledger.beginPosting(next?.id ?? '')).toBe(1);

  // The old one goes where the notification goes now.
  const owner = { kind: 'notification', id: ID } as const;
  await store.claims.claimDue({ dispatchId: 'resume', nominal: new Date(), selection: { kind: 'parked', owner } });
  await world.post();
  expect(world.messages()).toEqual([{ channel: 'C0CEDAR', text: 'Anna 2' }]);
});

test('a refusal of a channel that the notification has left does not stand in the way of the new one', async () => {
  await using world = await pendingDelivery();
  const { parking } = world.store;
  const owner = { kind: 'notification', id: ID } as const;
  await parking.park({ ...owner, channel: 'C0LEGACY' }, { code: 'is_archived', message: 'old' });
  expect(await world.store.work.find(world.id)).toMatchObject({ parked: undefined });
  await parking.park({ ...owner, channel: 'C0ACME' }, { code: 'channel_not_found', message: 'now' });
  expect(await world.store.work.find(world.id)).toMatchObject({ parked: { code: 'channel_not_found' } });
  await parking.park({ ...owner, channel: 'C0LEGACY' }, { code: 'is_archived', message: 'old again' });
  expect(await parking.list()).toMatchObject([{ code: 'channel_not_found', channel: 'C0ACME' }]);
});

test('a delivery of a removed notification fails instead of waiting where no list shows it', async () => {
  await using world = await pendingDelivery();
  await world.store.notifications.remove(ID);
  const owner = { kind: 'notification', id: ID } as const;
  const error = { code: 'is_archived', message: 'is_archived' };
  expect(await world.store.ledger.park(world.id, owner, error)).toBe('failed');
  expect(await world.find()).toMatchObject({ state: 'failed', error });
});

type World = Awaited<ReturnType<typeof pendingDelivery>>;
