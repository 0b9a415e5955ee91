import { describe, expect, test } from 'vitest';
import type { Selection } from '../../../../src/domain/selection.ts';
import type { Store } from '../../../../src/store/open.ts';
import { isMissing, onDemand, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const NOW = new Date();
const HOUR_MS = 3_600_000;
const ERROR = { code: 'is_archived', message: 'is_archived' };
const FAILED = { code: 'load_failed', message: 'No data' };

interface Given {
  notification: string;
  hoursAgo: number;
  state?: 'failed' | 'parked';
  key?: string;
}

/** A delivery of each notification, due so long ago, that has come to rest. */
async function rest(store: Store, deliveries: readonly Given[]): Promise<void> {
  for (const { notification, hoursAgo, state = 'failed', key } of deliveries) {
    const nominal = new Date(NOW.getTime() - hoursAgo * HOUR_MS);
    const selection = { kind: 'notifications', ids: [notification] } as const;
    const dispatchId = `run ${notification} ${hoursAgo}`;
    await store.claims.claimDue({ dispatchId, nominal, selection, key });
    const [row] = await store.deliveries.list({ dispatchId }, 1);
    const id = row?.id ?? '';
    if (state === 'failed') await store.ledger.markFailed(id, FAILED);
    else await store.ledger.park(id, { kind: 'notification', id: notification }, ERROR);
  }
}

async function claim(store: Store, selection: Selection, dispatchId = 'revive') {
  return store.claims.claimDue({ dispatchId, nominal: NOW, now: NOW, selection });
}

/** By notification and hours: `a 2 pending`. */
async function states(store: Store): Promise<string[]> {
  const rows = await store.deliveries.list({}, 1_000);
  return rows
    .map(({ notificationId, dueAt, state, error }) => {
      const hours = Math.round((NOW.getTime() - Date.parse(dueAt)) / HOUR_MS);
      return [notificationId, hours, state, state === 'missed' ? error?.code : ''].join(' ').trim();
    })
    .toSorted();
}

const ALL = { kind: 'failed', which: 'all' } as const;
const OF_A = { kind: 'parked', owner: { kind: 'notification', id: 'a' } } as const;

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('a run that revives', () => {
    test('failed deliveries sends the newest of each notification, and those of long ago stay failed', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's'), rider('b', 's')]);
      const ofA = [2, 5, 26].map((hoursAgo) => ({ notification: 'a', hoursAgo }));
      const ofB = [7, 300 * 24].map((hoursAgo) => ({ notification: 'b', hoursAgo }));
      await rest(store, [...ofA, ...ofB]);
      expect(await store.claims.revivals(ALL, NOW)).toEqual({ sent: 2, missed: 1, left: 2 });
      expect(await claim(store, ALL)).toEqual({ due: 2, late: 2, missed: 1 });
      const after = ['a 2 pending', 'a 26 failed', 'a 5 missed newer_sent', 'b 7 pending', 'b 7200 failed'];
      expect(await states(store)).toEqual(after);
      // Tried again, since its worker was killed: the same.
      expect(await claim(store, ALL)).toEqual({ due: 2, late: 2, missed: 1 });
      expect(await states(store)).toEqual(after);
      const [sent] = await store.deliveries.list({ states: ['pending'] }, 1);
      expect(sent).toMatchObject({ lateReason: 'it failed at first', dispatchId: 'revive' });
    });

    test('parked deliveries does the same, and those of long ago are missed', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's')]);
      await rest(
        store,
        [1, 2, 3, 30].map((hoursAgo) => ({ notification: 'a', hoursAgo, state: 'parked' as const })),
      );
      expect(await store.claims.revivals(OF_A, NOW)).toEqual({ sent: 1, missed: 3, left: 0 });
      expect(await claim(store, OF_A)).toEqual({ due: 1, late: 1, missed: 3 });
      expect(await states(store)).toEqual([
        'a 1 pending',
        'a 2 missed newer_sent',
        'a 3 missed newer_sent',
        'a 30 missed resumed_too_late',
      ]);
      expect(await store.parking.list()).toEqual([]);
    });

    test('all occurrences, where that is asked for or the notification catches up on all', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const all = { kind: 'schedule', scheduleId: 's', afterOutage: 'all' } as const;
      await store.notifications.add([rider('a', 's'), rider('all', 's', { due: all })]);
      const both = ['a', 'all'].flatMap((notification) => [1, 2, 40].map((hoursAgo) => ({ notification, hoursAgo })));
      await rest(store, both);
      expect(await store.claims.revivals(ALL, NOW)).toEqual({ sent: 3, missed: 1, left: 2 });
      const each = { ...ALL, allOccurrences: true, withinMs: 48 * HOUR_MS };
      expect(await store.claims.revivals(each, NOW)).toEqual({ sent: 6, missed: 0, left: 0 });
      expect((await claim(store, ALL)).due).toBe(3);
      expect((await claim(store, each, 'each')).due).toBe(2);
    });

    test('each key: what was sent for one is replaced by no other', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([onDemand('a')]);
      await rest(store, [
        { notification: 'a', hoursAgo: 1, key: 'import-2' },
        { notification: 'a', hoursAgo: 2, key: 'import-1' },
        { notification: 'a', hoursAgo: 3 },
        { notification: 'a', hoursAgo: 4 },
      ]);
      expect(await claim(store, ALL)).toMatchObject({ due: 3, missed: 1 });
    });

    test('hundreds sends one of them, in pages', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([onDemand('a')]);
      await rest(store, [{ notification: 'a', hoursAgo: 1 }]);
      const [row] = await store.db.selectFrom('deliveries').selectAll().execute();
      if (row === undefined) throw new Error('nothing was claimed');
      const more = Array.from({ length: 249 }, (_, nr) => ({
        ...row,
        id: `older-${nr}`,
        occurrence: `older-${nr}`,
        due_at: new Date(NOW.getTime() - HOUR_MS - (nr + 1) * 60_000).toISOString(),
      }));
      for (let from = 0; from < more.length; from += 50) {
        await store.db
          .insertInto('deliveries')
          .values(more.slice(from, from + 50))
          .execute();
      }
      expect(await store.claims.revivals(ALL, NOW)).toEqual({ sent: 1, missed: 249, left: 0 });
      expect(await claim(store, ALL)).toEqual({ due: 1, late: 1, missed: 249 });
      expect(await store.deliveries.countByState({ notificationId: 'a' })).toEqual({ pending: 1, missed: 249 });
    });

    test('what it revives may be posted until it is older than asked for', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's')]);
      await rest(store, [{ notification: 'a', hoursAgo: 2 }]);
      await claim(store, { ...ALL, withinMs: 3 * HOUR_MS });
      const [row] = await store.deliveries.list({}, 1);
      const left = Date.parse(row?.postUntil ?? '') - NOW.getTime();
      expect(left).toBeGreaterThan(0.99 * HOUR_MS);
      expect(left).toBeLessThan(1.01 * HOUR_MS);
    });
  });

  describe.skipIf(isMissing(kind))('the time until which a post may begin', () => {
    test.each([
      ['a fire in time', 0, 0, 60],
      ['a run that waited 40 minutes for a worker', 40, 40, 20],
      ['a backfill of a fire of days ago', 4_000, 0, 60],
    ])('is the catch-up window of the schedule: %s', async (_, dueMinutesAgo, startedMinutesAgo, minutesLeft) => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's', { spreadWindowS: 0 })]);
      const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
      const fire = { startedAt: ago(startedMinutesAgo), catchUpMs: HOUR_MS };
      const selection = { kind: 'due', schedule: 's' } as const;
      await store.claims.claimDue({ dispatchId: 'r', nominal: ago(dueMinutesAgo), now: NOW, selection, fire });
      const [row] = await store.deliveries.list({}, 1);
      expect(Math.round((Date.parse(row?.postUntil ?? '') - NOW.getTime()) / 60_000)).toBe(minutesLeft);
    });

    test('begins after the place in the spread window, and waits for Slack', async () => {
      const pace = { channelMs: 60_000, workspaceMs: 1, workspaceBurstMs: 0 };
      await using temporary = await temporaryStore(kind, pace);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's'), rider('b', 's'), rider('c', 's', { spreadWindowS: 7_200 })]);
      const selection = { kind: 'due', schedule: 's' } as const;
      const nominal = new Date();
      await store.claims.claimDue({ dispatchId: 'r', nominal, now: nominal, selection });
      const rows = await store.deliveries.list({}, 3);
      for (const { notificationId, notBefore, postUntil } of rows) {
        const room = Date.parse(postUntil ?? '') - Date.parse(notBefore);
        expect(Math.abs(room - HOUR_MS), notificationId).toBeLessThan(30_000);
      }
      expect(new Set(rows.map(({ notBefore }) => notBefore)).size).toBe(3);
    });
  });

  test.skipIf(isMissing(kind))(
    'one claim takes what can be sent, what cannot be read and what is not there',
    async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([onDemand('good'), onDemand('bad')]);
      await store.db.updateTable('notifications').set({ params: '{' }).where('id', '=', 'bad').execute();
      const selection = { kind: 'notifications', ids: ['good', 'bad', 'gone'] } as const;
      const found = await store.claims.claimDue({ dispatchId: 'run', nominal: new Date(), selection });
      expect(found).toMatchObject({ due: 3 });
      const [good] = await store.deliveries.list({ notificationId: 'good' }, 1);
      expect(good).toMatchObject({ byHand: true, postUntil: undefined });
    },
  );

  test.skipIf(isMissing(kind))('what a run takes over minutes after its time is marked late', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await store.notifications.add([rider('a', 's'), rider('b', 's')]);
    const selection = { kind: 'due', schedule: 's' } as const;
    await store.claims.claimDue({ dispatchId: 'ended', nominal: NOW, selection });
    const old = new Date(Date.now() - 10 * 60_000).toISOString();
    await store.db.updateTable('deliveries').set({ not_before: old }).where('notification_id', '=', 'a').execute();
    const none = { kind: 'due', schedule: null } as const;
    const found = await store.claims.claimDue({
      dispatchId: 'tick',
      nominal: NOW,
      selection: none,
      endedRuns: ['ended'],
    });
    expect(found).toMatchObject({ due: 2, late: 1 });
    const late = (await store.deliveries.list({}, 2)).map(({ notificationId, lateReason }) => [
      notificationId,
      lateReason,
    ]);
    expect(Object.fromEntries(late)).toEqual({ a: 'it could not be posted earlier', b: undefined });
  });
});
