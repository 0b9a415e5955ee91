import { describe, expect, test } from 'vitest';
import type { Notice } from '../../../src/domain/owner.ts';
import type { Store } from '../../../src/store/open.ts';
import { isMissing, type NotificationFields, onDemand, STORE_KINDS, temporaryStore } from '../../support/store.ts';

const HOUR_MS = 3_600_000;
const REFUSED = { code: 'is_archived', message: 'is_archived' };

let runs = 0;

/** Runs these notifications once, and lets each end so; returns their deliveries by notification. */
async function end(store: Store, ids: readonly string[], how: 'fail' | 'deliver', error = REFUSED) {
  runs += 1;
  const dispatchId = `run-${runs}`;
  const selection = { kind: 'notifications', ids } as const;
  await store.claims.claimDue({ dispatchId, nominal: new Date(), selection, key: dispatchId });
  const rows = await store.claims.listPartition(dispatchId, { from: 0, to: ids.length, size: 1, step: 1, offset: 0 });
  for (const { id } of rows) {
    const attempt = (await store.ledger.beginPosting(id)) ?? 0;
    const isDone =
      how === 'fail'
        ? await store.ledger.markFailed(id, error, attempt)
        : await store.ledger.markDelivered(id, attempt, '1.1');
    expect(isDone).toBe(true);
  }
  return new Map(rows.map(({ notificationId, id }) => [notificationId, id]));
}

interface Look {
  fallback?: string;
  now?: Date;
  run?: string;
}

function causeOf({ code, report }: { code: string; report: string }): string {
  return `${code} ${report}`;
}

/** What a look tells, by place: each notice once. */
async function look(store: Store, { fallback, now = new Date(), run = `look-${(runs += 1)}` }: Look = {}) {
  const { unreachable } = await store.streaks.look({ dispatchId: run, now, fallback, causeOf });
  const told = [];
  for (const { id, workspaceId, channelId } of await store.streaks.noticesOf(run)) {
    const notice = (await store.ledger.find(id))?.params as Notice;
    told.push({ id, place: `${workspaceId}/${channelId}`, kind: notice.kind, notifications: notice.notifications });
  }
  return { told: told.toSorted((a, b) => (a.place < b.place ? -1 : 1)), unreachable };
}

async function arrive(store: Store, id: string): Promise<void> {
  expect(await store.ledger.markDelivered(id, (await store.ledger.beginPosting(id)) ?? 0, '2.1')).toBe(true);
}

async function withNotifications(store: Store, all: Record<string, NotificationFields>): Promise<void> {
  await store.workspaces.put({ id: 'ops', name: 'Ops', tokenRef: 'sandbox' });
  await store.notifications.add(Object.entries(all).map(([id, fields]) => onDemand(id, fields)));
}

describe.each(STORE_KINDS)('streaks on %s', (kind) => {
  test.skipIf(isMissing(kind))('an owner hears once of trouble, once of its end, and again of the next', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await withNotifications(store, { a: { owner: 'C0OWNER' }, b: { owner: 'C0OWNER' }, c: { owner: 'ops/U0ANNA' } });
    await end(store, ['a', 'b', 'c'], 'fail');
    const first = await look(store);
    expect(first.told).toMatchObject([
      { place: 'ops/U0ANNA', kind: 'trouble', notifications: 1 },
      { place: 'sandbox/C0OWNER', kind: 'trouble', notifications: 2 },
    ]);
    for (const { id } of first.told) await arrive(store, id);
    expect((await look(store)).told, 'nothing is new').toEqual([]);
    await end(store, ['a', 'b', 'c'], 'fail');
    await end(store, ['a', 'c'], 'deliver');
    expect((await look(store)).told, 'b is still in trouble').toMatchObject([
      { place: 'ops/U0ANNA', kind: 'recovery' },
    ]);
    await end(store, ['b'], 'deliver');
    const last = await look(store);
    expect(last.told).toMatchObject([{ place: 'sandbox/C0OWNER', kind: 'recovery', notifications: 2 }]);
    for (const { id } of last.told) await arrive(store, id);
    await end(store, ['a'], 'fail');
    expect((await look(store)).told).toMatchObject([{ place: 'sandbox/C0OWNER', kind: 'trouble', notifications: 1 }]);
  });

  test.skipIf(isMissing(kind))(
    'the owner is the notification’s, else the account’s, else that of the setting',
    async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await withNotifications(store, {
        own: { owner: 'ops/C0OWN', account: 'acme' },
        account: { account: 'acme' },
        none: { account: 'other' },
      });
      await store.owners.set({ account: 'acme', owner: 'ops/C0ACCOUNT' });
      await end(store, ['own', 'account', 'none'], 'fail');
      const { told } = await look(store, { fallback: 'ops/C0ALL' });
      expect(told.map(({ place }) => place)).toEqual(['ops/C0ACCOUNT', 'ops/C0ALL', 'ops/C0OWN']);
    },
  );

  test.skipIf(isMissing(kind))(
    'other trouble is told of while a streak lasts, and the same again after a day',
    async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const mine = { owner: 'C0OWNER' };
      await withNotifications(store, { a: mine, b: mine, c: mine, d: { ...mine, report: 'other' } });
      await end(store, ['a'], 'fail');
      expect((await look(store)).told).toHaveLength(1);
      await end(store, ['b'], 'fail');
      expect((await look(store)).told, 'the same cause joins').toEqual([]);
      await end(store, ['d'], 'fail');
      expect((await look(store)).told, 'another cause').toMatchObject([{ notifications: 1 }]);
      await end(store, ['c'], 'fail');
      const tomorrow = new Date(Date.now() + 25 * HOUR_MS);
      await store.db
        .updateTable('streaks')
        .set({ began_at: new Date(Date.now() - 25 * HOUR_MS).toISOString() })
        .execute();
      expect((await look(store)).told).toMatchObject([{ notifications: 1 }]);
      await end(store, ['a', 'b', 'c', 'd'], 'deliver');
      expect((await look(store, { now: tomorrow })).told, 'not before the notice has arrived').toEqual([]);
    },
  );

  test.skipIf(isMissing(kind))(
    'tests, old failures and notices are no news, and without an owner nothing is told',
    async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await withNotifications(store, { a: {}, b: {} });
      await end(store, ['a'], 'fail');
      expect(await store.owners.need(false)).toBeUndefined();
      expect((await look(store)).told).toEqual([]);
      expect(await store.owners.need(true), 'what was seen is not new').toBe('watch');
      await end(store, ['b'], 'fail');
      expect(await store.owners.need(true)).toBe('look');
      const tomorrow = new Date(Date.now() + 25 * HOUR_MS);
      expect((await look(store, { fallback: 'ops/C0ALL', now: tomorrow })).told).toEqual([]);
      const selection = { kind: 'test', notificationId: 'a', channel: 'C0OPS' } as const;
      await store.claims.claimDue({ dispatchId: 'test', nominal: new Date(), selection });
      const [tested] = await store.claims.listPartition('test', { from: 0, to: 1, size: 1, step: 1, offset: 0 });
      await store.ledger.markFailed(tested?.id ?? '', REFUSED);
      expect((await look(store, { fallback: 'ops/C0ALL' })).told).toEqual([]);
    },
  );

  test.skipIf(isMissing(kind))(
    'an owner in a parked workspace is told where the setting says, and nowhere twice',
    async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await withNotifications(store, { a: { owner: 'C0OWNER' } });
      await end(store, ['a'], 'fail');
      const owner = { kind: 'workspace', id: 'sandbox' } as const;
      const error = { code: 'token_revoked', message: 'token_revoked' };
      await store.parking.park(owner, error);
      expect(await look(store)).toEqual({ told: [], unreachable: 1 });
      const { told } = await look(store, { fallback: 'ops/C0ALL' });
      expect(told).toMatchObject([{ place: 'ops/C0ALL' }]);

      // Parked after its notice was made, it goes on to another place once, and the first one is cancelled.
      await store.parking.release('workspace', 'sandbox');
      await end(store, ['a'], 'deliver');
      await arrive(store, told[0]?.id ?? '');
      const [recovery] = (await look(store)).told;
      expect(recovery).toMatchObject({ place: 'ops/C0ALL', kind: 'recovery' });
      await arrive(store, recovery?.id ?? '');
      await end(store, ['a'], 'fail');
      const [notice] = (await look(store)).told;
      expect(notice).toMatchObject({ place: 'sandbox/C0OWNER' });
      await store.ledger.park(notice?.id ?? '', owner, error);
      expect((await look(store)).told, 'nowhere else to go').toEqual([]);
      expect((await look(store, { fallback: 'ops/C0ALL' })).told).toMatchObject([
        { place: 'ops/C0ALL', kind: 'trouble' },
      ]);
      expect((await store.ledger.find(notice?.id ?? ''))?.state).toBe('cancelled');
      expect((await look(store, { fallback: 'ops/C0ALL' })).told).toEqual([]);
    },
  );

  test.skipIf(isMissing(kind))('a notice whose run was cancelled is made again, three times at most', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await withNotifications(store, { a: { owner: 'C0OWNER' } });
    await end(store, ['a'], 'fail');
    for (const expected of [1, 1, 1, 0]) {
      const { told } = await look(store);
      expect(told).toHaveLength(expected);
      for (const { id } of told) expect(await store.ledger.markCancelled(id, REFUSED)).toBe(true);
    }
  });

  test.skipIf(isMissing(kind))('two looks at once tell an owner once', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await withNotifications(store, { a: { owner: 'C0OWNER' }, b: { owner: 'C0OWNER' } });
    await end(store, ['a', 'b'], 'fail');
    const looks = await Promise.all(['one', 'two', 'three'].map((run) => look(store, { run })));
    expect(looks.flatMap(({ told }) => told)).toHaveLength(1);
  });
});
