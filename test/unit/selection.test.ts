import { describe, expect, test } from 'vitest';
import type { Selection } from '../../src/store/claims.ts';
import type { NotificationFilter } from '../../src/store/notification-filter.ts';
import type { Store } from '../../src/store/open.ts';
import { isMissing, recurring, rider, STORE_KINDS, temporaryStore } from '../support/store.ts';

const NOMINAL = '2026-11-23T08:00:00Z';

async function claimed(store: Store, runId: string, selection: Selection, key?: string): Promise<string[]> {
  await store.claims.claimDue({ runId, nominal: new Date(NOMINAL), now: new Date(NOMINAL), selection, key });
  const rows = await store.deliveries.list({ runId }, 100);
  return rows.map((row) => `${row.notificationId} ${row.occurrence}`).toSorted();
}

describe.each(STORE_KINDS)('a run on %s', (kind) => {
  describe.skipIf(isMissing(kind))('chooses', () => {
    test('what fits every part of the selection', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([
        rider('a', 's', { tags: '["emea","weekly"]' }),
        rider('b', 's', { tags: '["emea"]', account: 'bluebird' }),
        rider('c', 't', { tags: '["emea-x"]', channel: 'C0OPS' }),
        rider('once', 't', { schedule_id: null, one_off: 1, tags: '["emea"]' }),
        rider('off', 's', { enabled: 0, tags: '["emea"]' }),
      ]);
      const chosen: [NotificationFilter, string][] = [
        [{ tags: ['emea'] }, 'a b'],
        [{ tags: ['emea', 'weekly'] }, 'a'],
        [{ tags: ['emea'], account: 'bluebird' }, 'b'],
        [{ schedule: 's' }, 'a b'],
        [{ channel: 'C0OPS' }, 'c'],
        [{ workspace: 'sandbox', report: 'account-activity', ids: ['b', 'c'] }, 'b c'],
        [{ ids: ['once'] }, 'once'],
        [{ account: 'nobody' }, ''],
      ];
      for (const [index, [matching, expected]] of chosen.entries()) {
        const rows = await claimed(store, `run-${index}`, { matching }, `key-${index}`);
        expect(rows.map((row) => row.split(' ')[0]).join(' '), JSON.stringify(matching)).toBe(expected);
      }
    });

    test('nothing that was not asked for, though it is due', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's'), recurring('own', { cron: '0 8 * * *', nextDueAt: NOMINAL })]);
      expect(await claimed(store, 'asked', { notifications: ['a'] })).toEqual([`a ${NOMINAL}`]);
      expect(await claimed(store, 'tick', { schedule: null })).toEqual(['own 2026-11-23T08:00[UTC]']);
    });

    test('each once for a key, whichever run asks', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's')]);
      const selection = { matching: { account: 'acme' } };
      expect(await claimed(store, 'first', selection, 'import-1')).toEqual(['a key:import-1']);
      expect(await claimed(store, 'second', selection, 'import-1')).toEqual([]);
      expect(await claimed(store, 'other', selection, 'import-2')).toEqual(['a key:import-2']);
    });

    test('what comes too late is missed, and a one-off has had its time then', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's'), rider('once', 's', { schedule_id: null, one_off: 1 })]);
      const selection = { notifications: ['a', 'once'] };
      const request = { runId: 'late', nominal: new Date(Date.now() - 5_000), selection };
      expect(await store.claims.claimDue({ ...request, catchUpS: 3 })).toMatchObject({ due: 0 });
      expect(await store.deliveries.countByState({})).toEqual({ missed: 2 });
      expect((await store.notifications.list()).map(({ id }) => id)).toEqual(['a']);
      expect(await store.claims.claimDue({ ...request, nominal: new Date(), catchUpS: 3 })).toMatchObject({ due: 1 });
    });

    test('a test is an occurrence of its own, which nothing is measured from', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const own = recurring('a', { cron: '0 8 * * *', timezone: 'Asia/Tokyo', nextDueAt: '2026-11-24T23:00:00Z' });
      await store.notifications.add([{ ...own, window_s: 600 }]);
      const selection = { test: { notificationId: 'a', channel: 'C0OPS' } };
      const occurrence = `test:C0OPS:${NOMINAL}[Asia/Tokyo]`;
      expect(await claimed(store, 'first', selection)).toEqual([`a ${occurrence}`]);
      expect(await claimed(store, 'again', selection)).toEqual([]);
      expect(await claimed(store, 'none', { test: { notificationId: 'b', channel: 'C0OPS' } })).toEqual([]);
      const [row] = await store.deliveries.list({}, 10);
      expect(row).toMatchObject({ channel: 'C0OPS', name: 'Test of Report a', channelName: undefined });
      const attempt = await store.ledger.beginPosting(row?.id ?? '');
      await store.ledger.markDelivered(row?.id ?? '', attempt ?? 0, '1.1');
      expect(await store.work.since('a', new Date())).toBeUndefined();
      const [real] = await claimed(store, 'real', { notifications: ['a'] }, 'k');
      expect(real).toBe('a key:k');
      const [later] = await store.deliveries.list({ runId: 'real' }, 1);
      expect(await store.work.report(later?.id ?? '')).toMatchObject({ since: null });
    });
  });
});
