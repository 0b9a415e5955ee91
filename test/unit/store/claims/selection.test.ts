import { describe, expect, test } from 'vitest';
import type { NotificationFilter, Selection } from '../../../../src/domain/selection.ts';
import type { Store } from '../../../../src/store/open.ts';
import { claimsManyIds } from '../../../support/many-ids.ts';
import { isMissing, onDemand, oneOff, recurring, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const NOMINAL = '2026-11-23T08:00:00Z';

async function claimed(store: Store, dispatchId: string, selection: Selection, key?: string): Promise<string[]> {
  await store.claims.claimDue({ dispatchId, nominal: new Date(NOMINAL), now: new Date(NOMINAL), selection, key });
  const rows = await store.deliveries.list({ dispatchId }, 100);
  return rows.map((row) => `${row.notificationId} ${row.occurrence}`).toSorted();
}

describe.each(STORE_KINDS)('a run on %s', (kind) => {
  describe.skipIf(isMissing(kind))('chooses', () => {
    test('what matches every part of a filter', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([
        rider('a', 's', { tags: ['emea', 'weekly'] }),
        rider('b', 's', { tags: ['emea'], account: 'bluebird' }),
        rider('c', 't', { tags: ['emea-x'], channel: 'C0OPS' }),
        oneOff('once', { tags: ['emea'] }),
        rider('off', 's', { enabled: false, tags: ['emea'] }),
      ]);
      const chosen: [NotificationFilter, string][] = [
        [{ tags: ['emea'] }, 'a b'],
        [{ tags: ['emea', 'weekly'] }, 'a'],
        [{ tags: ['emea'], account: 'bluebird' }, 'b'],
        [{ schedule: 's' }, 'a b'],
        [{ channel: 'C0OPS' }, 'c'],
        [{ workspace: 'sandbox', report: 'account-activity', ids: ['b', 'c'] }, 'b c'],
        [{ ids: ['once'] }, 'once'],
        [{ account: 'unknown' }, ''],
      ];
      for (const [index, [filter, expected]] of chosen.entries()) {
        const rows = await claimed(store, `run-${index}`, { kind: 'matching', filter }, `key-${index}`);
        expect(rows.map((row) => row.split(' ')[0]).join(' '), JSON.stringify(filter)).toBe(expected);
      }
    });

    test('nothing by a filter that names nothing, or by an unknown selection', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's')]);
      const refused: [selection: unknown, said: string][] = [
        [{ kind: 'matching', filter: {} }, 'The filter names nothing'],
        [{ kind: 'matching', filter: { account: undefined } }, 'The filter\'s "account" is undefined'],
        [{ kind: 'matching', filter: { acount: 'acme' } }, 'A filter has no "acount"'],
        [{ kind: 'failed', which: {} }, 'The filter names nothing'],
        [{ kind: 'unconfirmed', which: {} }, 'The filter names nothing'],
        [{ kind: 'unconfirmed', which: { ids: [] } }, '"ids" is not a list with something in it'],
        [{ kind: 'unconfirmed', which: { error: 'x' } }, 'A filter has no "error"'],
        [{ schedule: 's' }, 'No known selection'],
        [{ kind: 'notifications' }, '"ids" is not a list with something in it'],
        [{ kind: 'notifications', ids: [] }, '"ids" is not a list with something in it'],
        [{ kind: 'notifications', ids: ['a', undefined] }, '"ids" has undefined, which is not a text'],
        [{ kind: 'matching', filter: { ids: ['a', ' '] } }, '"ids" has " ", which is not a text'],
        [{ kind: 'matching', filter: { tags: [] } }, '"tags" is not a list with something in it'],
        [{ kind: 'matching', filter: { tags: 'emea' } }, '"tags" is not a list with something in it'],
        [{ kind: 'matching', filter: { account: 7 } }, '"account" has 7, which is not a text'],
        [{ kind: 'failed', which: { dispatch: 'r' } }, 'A filter has no "dispatch"'],
        [{ kind: 'due' }, '"schedule" has undefined, which is not a text'],
        [{ kind: 'parked', owner: { kind: 'channel', id: 'C0' }, withinMs: 1 }, 'No known owner of parked deliveries'],
        [{ kind: 'test', notificationId: 'a' }, '"channel" has undefined, which is not a text'],
      ];
      for (const [selection, said] of refused) {
        await expect(claimed(store, 'refused', selection as Selection)).rejects.toThrow(said);
      }
      expect(await store.deliveries.countByState({})).toEqual({});
    });

    // On SQLite among the properties, where a test may take longer.
    if (kind === 'postgres') test('each of 33,000 ids, in batches', () => claimsManyIds(kind));

    test('an id that no notification has as a delivery that names it, unless it was sent before', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([onDemand('a'), onDemand('off', { enabled: false }), onDemand('x')]);
      const selection = { kind: 'notifications' as const, ids: ['a', 'gone', 'off'] };
      expect(await claimed(store, 'run', selection)).toEqual([`a ${NOMINAL}`, `gone ${NOMINAL}`]);
      const [row] = await store.deliveries.list({ notificationId: 'gone' }, 1);
      expect(row).toMatchObject({ state: 'pending', error: { code: 'unknown_notification' } });
      expect(row?.error?.message).toContain('There is no notification "gone"');
      const filter = { ids: ['x', 'also-gone'], account: 'bluebird' };
      expect(await claimed(store, 'filtered', { kind: 'matching', filter })).toEqual([`also-gone ${NOMINAL}`]);

      await store.notifications.remove('a');
      expect(await claimed(store, 'again', { kind: 'notifications', ids: ['a'] })).toEqual([]);
    });

    test('nothing that was not asked for, though it is due', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's'), recurring('own', { cron: '0 8 * * *', nextDueAt: NOMINAL })]);
      expect(await claimed(store, 'asked', { kind: 'notifications', ids: ['a'] })).toEqual([`a ${NOMINAL}`]);
      expect(await claimed(store, 'tick', { kind: 'due', schedule: null })).toEqual(['own 2026-11-23T08:00[UTC]']);
    });

    test('each once for a key, whichever run asks', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's')]);
      const selection = { kind: 'matching' as const, filter: { account: 'acme' } };
      expect(await claimed(store, 'first', selection, 'import-1')).toEqual(['a key:import-1']);
      expect(await claimed(store, 'second', selection, 'import-1')).toEqual([]);
      expect(await claimed(store, 'other', selection, 'import-2')).toEqual(['a key:import-2']);
    });

    test('what comes too late is missed, and a one-off has had its time then', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's'), oneOff('once')]);
      const selection = { kind: 'notifications' as const, ids: ['a', 'once'] };
      const request = { dispatchId: 'late', nominal: new Date(Date.now() - 5_000), selection };
      expect(await store.claims.claimDue({ ...request, catchUpWindowS: 3 })).toMatchObject({ due: 0 });
      expect(await store.deliveries.countByState({})).toEqual({ missed: 2 });
      expect((await store.notifications.list()).map(({ id }) => id)).toEqual(['a']);
      // Asked for again, the one-off is an id that no notification has.
      await store.claims.claimDue({ ...request, nominal: new Date(), catchUpWindowS: 3 });
      const pending = await store.deliveries.list({ states: ['pending'] }, 10);
      expect(pending.map(({ notificationId, error }) => [notificationId, error?.code])).toEqual(
        expect.arrayContaining([
          ['a', undefined],
          ['once', 'unknown_notification'],
        ]),
      );
    });

    test('a test is an occurrence of its own, which nothing is measured from', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const own = recurring('a', { cron: '0 8 * * *', timezone: 'Asia/Tokyo', nextDueAt: '2026-11-24T23:00:00Z' });
      await store.notifications.add([{ ...own, spreadWindowS: 600 }]);
      const selection = { kind: 'test' as const, notificationId: 'a', channel: 'C0OPS' };
      const occurrence = `test:C0OPS:${NOMINAL}[Asia/Tokyo]`;
      expect(await claimed(store, 'first', selection)).toEqual([`a ${occurrence}`]);
      expect(await claimed(store, 'again', selection)).toEqual([]);
      expect(await claimed(store, 'none', { kind: 'test', notificationId: 'b', channel: 'C0OPS' })).toEqual([]);
      const [row] = await store.deliveries.list({}, 10);
      expect(row).toMatchObject({ channel: 'C0OPS', name: 'Test of Report a', channelName: undefined });
      const attempt = await store.ledger.beginPosting(row?.id ?? '');
      await store.ledger.markDelivered(row?.id ?? '', attempt ?? 0, '1.1');
      expect(await store.work.since('a', new Date())).toBeUndefined();
      const [real] = await claimed(store, 'real', { kind: 'notifications', ids: ['a'] }, 'k');
      expect(real).toBe('a key:k');
      const [later] = await store.deliveries.list({ dispatchId: 'real' }, 1);
      expect(await store.work.find(later?.id ?? '')).toMatchObject({ since: undefined });
    });
  });
});
