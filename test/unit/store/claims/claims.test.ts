import { describe, expect, test } from 'vitest';
import type { Selection } from '../../../../src/domain/selection.ts';
import type { DeliveryFilter } from '../../../../src/store/ledger/delivery-list.ts';
import { claims, type ClaimRequest, type Found } from '../../../../src/store/claims/claims.ts';
import type { Store } from '../../../../src/store/open.ts';
import { concurrencyOfPartition, livePartitions, partitionAt } from '../../../../src/workflows/partitioning.ts';
import { isMissing, nextDueOf, recurring, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const NOMINAL = '2026-11-23T08:00:00Z';
const FIRST_TEN = { from: 0, to: 10, size: 1, step: 1, offset: 0 };

async function claim(
  store: Store,
  dispatchId: string,
  selection: Selection = { kind: 'due', schedule: null },
  nominal = NOMINAL,
): Promise<number> {
  return (await found(store, { dispatchId, selection, nominal })).due;
}

/** A claim at its nominal time, unless it comes later. */
function found(
  store: Store,
  {
    nominal = NOMINAL,
    now = nominal,
    ...request
  }: { dispatchId: string; selection?: Selection; nominal?: string; now?: string } & Partial<
    Pick<ClaimRequest, 'delay'>
  >,
): Promise<Found> {
  const { selection = { kind: 'due', schedule: null } } = request;
  return store.claims.claimDue({ ...request, selection, nominal: new Date(nominal), now: new Date(now) });
}

/** The ledger as `notification occurrence state`, in order. */
async function ledger(store: Store, filter: DeliveryFilter = {}): Promise<string[]> {
  const rows = await store.deliveries.list(filter, 10_000);
  return rows.map((row) => `${row.notificationId} ${row.occurrence} ${row.state}`).toSorted();
}

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('the store', () => {
    describe('riders of a schedule', () => {
      test('are due when it fires, and the riders of another are not', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([
          rider('a', 'weekdays'),
          rider('b', 'weekdays'),
          rider('off', 'weekdays', { enabled: false }),
          rider('c', 'sundays'),
        ]);
        expect(await claim(store, 'run-1', { kind: 'due', schedule: 'weekdays' })).toBe(2);
        expect(await ledger(store)).toEqual([`a ${NOMINAL} pending`, `b ${NOMINAL} pending`]);
      });

      test('have one occurrence for each nominal time, whichever run claims it', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([rider('a', 'weekdays')]);
        expect(await claim(store, 'tick', { kind: 'due', schedule: 'weekdays' })).toBe(1);
        expect(await claim(store, 'backfill', { kind: 'due', schedule: 'weekdays' })).toBe(0);
        expect(await claim(store, 'later', { kind: 'due', schedule: 'weekdays' }, '2026-11-23T09:00:00Z')).toBe(1);
        expect((await store.deliveries.list({}, 10)).map((row) => row.dispatchId)).toEqual(['later', 'tick']);
      });

      test('can be chosen by name or all at once; a disabled one goes out neither way', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([rider('a', 's'), rider('b', 't'), rider('off', 's', { enabled: false })]);
        expect(await claim(store, 'chosen', { kind: 'notifications', ids: ['b', 'off'] })).toBe(1);
        expect(await claim(store, 'all', { kind: 'all' }, '2026-11-23T10:00:00Z')).toBe(2);
        expect(await claim(store, 'none')).toBe(0);
      });

      test('the ledger keeps what a delivery needs, whatever becomes of its notification', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([{ ...rider('a', 's', { params: { days: 3 } }), channel: { id: 'C0OPS' } }]);
        await claim(store, 'run', { kind: 'all' });
        await store.notifications.remove('a');
        const [row] = await store.deliveries.list({}, 1);
        expect(row).toMatchObject({
          name: 'Report a',
          account: 'acme',
          report: 'account-activity',
          params: { days: 3 },
          workspaceId: 'sandbox',
          channel: 'C0OPS',
          channelName: undefined,
          dispatchId: 'run',
          dueAt: '2026-11-23T08:00:00.000Z',
          attempts: 0,
        });
        expect(await store.claims.listPartition('run', FIRST_TEN)).toEqual([
          {
            id: row?.id,
            notificationId: 'a',
            occurrence: NOMINAL,
            name: 'Report a',
            account: 'acme',
            report: 'account-activity',
            workspaceId: 'sandbox',
            channel: 'C0OPS',
            channelId: 'C0OPS',
            notBefore: row?.notBefore,
          },
        ]);
      });
    });

    describe('a recurrence of its own', () => {
      test('is due when its occurrence has come, in any run, and moves on to the next one', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        const hourly = { cron: '0 * * * *' };
        await store.notifications.add([
          recurring('now', { ...hourly, nextDueAt: NOMINAL }),
          recurring('berlin', { cron: '0 9 * * *', timezone: 'Europe/Berlin', nextDueAt: NOMINAL }),
          recurring('later', { ...hourly, nextDueAt: '2026-11-23T08:01:00Z' }),
          recurring('off', { ...hourly, nextDueAt: NOMINAL }, { enabled: false }),
        ]);
        expect(await claim(store, 'tick')).toBe(2);
        expect(await ledger(store)).toEqual([
          'berlin 2026-11-23T09:00[Europe/Berlin] pending',
          'now 2026-11-23T08:00[UTC] pending',
        ]);
        expect(nextDueOf(await store.notifications.find('now'))).toBe('2026-11-23T09:00:00.000Z');
        expect(nextDueOf(await store.notifications.find('berlin'))).toBe('2026-11-24T08:00:00.000Z');
        expect(nextDueOf(await store.notifications.find('off'))).toBe('2026-11-23T08:00:00.000Z');
        expect(await claim(store, 'next tick')).toBe(0);
      });

      test('of several occurrences that passed, the newest goes out and the others are missed', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([recurring('a', { cron: '*/15 * * * *', nextDueAt: '2026-11-23T07:15:00Z' })]);
        expect(await claim(store, 'tick', { kind: 'due', schedule: null }, '2026-11-23T07:58:00Z')).toBe(1);
        expect(await ledger(store)).toEqual([
          'a 2026-11-23T07:15[UTC] missed',
          'a 2026-11-23T07:30[UTC] missed',
          'a 2026-11-23T07:45[UTC] pending',
        ]);
        const [missed] = await store.deliveries.list({ states: ['missed'] }, 1);
        expect(missed).toMatchObject({ error: { code: 'missed', message: expect.stringContaining('28 minutes') } });
        expect(missed?.finishedAt).not.toBeNull();
      });

      test.each([
        ['an hour', '2026-11-23T09:00:00Z', 'pending', 1],
        ['more than an hour', '2026-11-23T09:00:01Z', 'missed', 0],
      ])('an occurrence that is %s late', async (_, nominal, state, due) => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([recurring('a', { cron: '0 8 * * *', nextDueAt: NOMINAL })]);
        expect(await claim(store, 'tick', { kind: 'due', schedule: null }, nominal)).toBe(due);
        expect(await ledger(store)).toEqual([`a 2026-11-23T08:00[UTC] ${state}`]);
        expect(nextDueOf(await store.notifications.find('a'))).toBe('2026-11-24T08:00:00.000Z');
      });

      test('after days without a run every occurrence is in the ledger', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([recurring('a', { cron: '* * * * *', nextDueAt: '2026-11-21T08:01:00Z' })]);
        expect(await claim(store, 'tick')).toBe(1);
        expect(await ledger(store, { states: ['missed'] })).toHaveLength(2 * 1_440 - 1);
        expect(await ledger(store, { states: ['pending'] })).toEqual(['a 2026-11-23T08:00[UTC] pending']);
        expect(nextDueOf(await store.notifications.find('a'))).toBe('2026-11-23T08:01:00.000Z');
      });

      test('moves on by its own rule, next to others that differ from it in one part', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        const weekly = { cron: '0 8 * * 1', nextDueAt: NOMINAL };
        const fortnightly = { every: 2, unit: 'week', anchorOn: '2026-11-23' } as const;
        await store.notifications.add([
          recurring('a-fortnightly', { ...weekly, step: fortnightly }),
          recurring('b-weekly', weekly),
          recurring('c-monthly', { ...weekly, step: { ...fortnightly, every: 4 } }),
          recurring('d-last', { ...weekly, nthDay: 4 }),
          recurring('e-ends', { ...weekly, endOn: '2026-11-29' }),
          recurring('f-starts', { ...weekly, startOn: '2026-11-23' }),
        ]);
        expect(await claim(store, 'tick')).toBe(6);
        expect((await store.notifications.list()).map((one) => `${one.id} ${nextDueOf(one)?.slice(0, 10)}`)).toEqual([
          'a-fortnightly 2026-12-07',
          'b-weekly 2026-11-30',
          'c-monthly 2026-12-21',
          'd-last 2026-12-28',
          'e-ends undefined',
          'f-starts 2026-11-30',
        ]);
      });

      test('that has no occurrence left is never due again', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([recurring('a', { cron: '0 0 31 12 *', nextDueAt: '2100-12-31T00:00:00Z' })]);
        expect(await claim(store, 'tick', { kind: 'due', schedule: null }, '2100-12-31T00:00:00Z')).toBe(1);
        expect(nextDueOf(await store.notifications.find('a'))).toBeUndefined();
      });
    });

    describe('a notification that cannot be read', () => {
      test.each([
        ['zone', { timezone: 'Mars/Olympus' }, 'Mars/Olympus'],
        ['rule', { cron: 'each day' }, 'each day'],
        ['parameters', { params: '{' }, 'JSON'],
        ['dates to skip', { skip: '[' }, 'JSON'],
      ])('for its %s gets one delivery that says so, and the others go out', async (_, columns, reason) => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([
          recurring('bad', { cron: '0 8 * * *', nextDueAt: NOMINAL }),
          recurring('good', { cron: '0 8 * * *', nextDueAt: NOMINAL }),
          rider('a', 's'),
        ]);
        await store.db.updateTable('notifications').set(columns).where('id', '=', 'bad').execute();
        expect(await claim(store, 'tick', { kind: 'due', schedule: 's' })).toBe(3);
        expect(await claim(store, 'later', { kind: 'due', schedule: null }, '2026-11-23T08:01:00Z')).toBe(0);
        expect(await ledger(store, { notificationId: 'bad' })).toEqual([`bad ${NOMINAL} pending`]);
        const [row] = await store.deliveries.list({ notificationId: 'bad' }, 1);
        expect(row?.error).toMatchObject({ code: 'unreadable_notification', message: expect.stringContaining(reason) });
        expect((await store.notifications.list()).map(({ id }) => id)).toEqual(['a', 'good']);
        expect(await store.notifications.unreadable()).toMatchObject([
          { id: 'bad', reason: expect.stringContaining(reason) },
        ]);
        await expect(store.notifications.find('bad')).rejects.toMatchObject({ code: 'unreadable_notification' });
        expect(await store.notifications.remove('bad')).toBe(true);
      });

      test('is not passed over where it rides a schedule, is chosen, or its fire was dropped', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([rider('bad', 's'), rider('good', 's')]);
        await store.db.updateTable('notifications').set({ created_at: '2026-01-01T00:00:00.000Z' }).execute();
        await store.db.updateTable('notifications').set({ tags: 'x' }).where('id', '=', 'bad').execute();
        expect(await claim(store, 'ride', { kind: 'due', schedule: 's' })).toBe(2);
        expect(await claim(store, 'chosen', { kind: 'notifications', ids: ['bad'] }, '2026-11-23T09:00:00Z')).toBe(1);
        const at = '2026-11-23T10:00:00.000Z';
        const seen = { checkedUntil: at, dropped: 1, lookedAt: at };
        const fires = { scheduleId: 's', dispatchId: 'd', nominals: [new Date(at)], reason: 'dropped', seen };
        await store.scheduleChecks.record(fires);
        expect(await ledger(store, { states: ['missed'] })).toHaveLength(2);
        const toOps = { kind: 'test' as const, notificationId: 'bad', channel: 'C0OPS' };
        await expect(claim(store, 'test', toOps)).rejects.toMatchObject({ code: 'unreadable_notification' });
      });

      test('does not hold up what is due after 500 of them', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        const daily = { cron: '0 8 * * *', nextDueAt: NOMINAL };
        const names = Array.from({ length: 600 }, (_, index) => `bad-${index}`);
        await store.notifications.add(names.map((name) => recurring(name, daily)));
        await store.db.updateTable('notifications').set({ timezone: 'Mars/Olympus' }).execute();
        await store.notifications.add([recurring('good', daily)]);
        expect(await claim(store, 'tick')).toBe(601);
        expect(await claim(store, 'again', { kind: 'due', schedule: null }, '2026-11-23T08:01:00Z')).toBe(0);
        expect(await ledger(store, { notificationId: 'good' })).toEqual(['good 2026-11-23T08:00[UTC] pending']);
      });
    });

    test('a delivery with unreadable JSON is listed with the others', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('bad', 's'), rider('good', 's')]);
      await claim(store, 'run', { kind: 'due', schedule: 's' });
      const broken = { params: '{', log: 'not JSON', message: '{' };
      await store.db.updateTable('deliveries').set(broken).where('notification_id', '=', 'bad').execute();
      const rows = await store.deliveries.list({}, 10);
      expect(rows.find((row) => row.notificationId === 'bad')).toMatchObject({
        params: '{',
        message: undefined,
        log: [{ code: 'unreadable', message: 'not JSON' }],
      });
      expect(rows).toHaveLength(2);
    });

    describe('a run', () => {
      test('that asks again claims nothing twice, and is told what is left to do', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([rider('a', 's'), rider('b', 's'), rider('c', 's')]);
        // Now, since a post that is too late does not begin.
        const nominal = new Date().toISOString();
        expect(await claim(store, 'run', { kind: 'due', schedule: 's' }, nominal)).toBe(3);
        const [first, second] = await store.claims.listPartition('run', FIRST_TEN);
        const attempt = await store.ledger.beginPosting(first?.id ?? '');
        await store.ledger.markDelivered(first?.id ?? '', attempt ?? 0, '1.1');
        await store.ledger.beginPosting(second?.id ?? '');
        expect(await claim(store, 'run', { kind: 'due', schedule: 's' }, nominal)).toBe(2);
        expect(await ledger(store)).toHaveLength(3);
      });

      test('takes over what an ended run left open, once that is old, and nothing of a run under way', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([rider('left', 's'), rider('going', 't')]);
        await claim(store, 'under way', { kind: 'due', schedule: 't' });
        await claim(store, 'terminated', { kind: 'due', schedule: 's' });
        expect(await store.claims.stalledDispatches()).toEqual([]);
        const long = new Date(Date.now() - 3 * 60_000).toISOString();
        await store.db.updateTable('deliveries').set({ claimed_at: long, not_before: long }).execute();
        expect((await store.claims.stalledDispatches()).toSorted()).toEqual(['terminated', 'under way']);

        const tick = {
          dispatchId: 'tick',
          nominal: new Date(NOMINAL),
          selection: { kind: 'due' as const, schedule: null },
        };
        expect(await store.claims.claimDue({ ...tick, endedRuns: ['terminated'] })).toMatchObject({ due: 1 });
        const taken = await store.claims.listPartition('tick', FIRST_TEN);
        expect(taken.map((delivery) => delivery.notificationId)).toEqual(['left']);
      });

      test('with posts still to come is not stalled', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([rider('later', 's')]);
        await claim(store, 'paced', { kind: 'due', schedule: 's' });
        const long = new Date(Date.now() - 3_600_000).toISOString();
        const soon = new Date(Date.now() + 60_000).toISOString();
        await store.db.updateTable('deliveries').set({ claimed_at: long, not_before: soon }).execute();
        expect(await store.claims.stalledDispatches()).toEqual([]);
      });

      test('of 1,200 riders and 1,200 recurrences has every row in the ledger before it starts, and its shares hold them all', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        const names = Array.from({ length: 1_200 }, (_, index) => String(index));
        await store.notifications.add(names.map((name) => rider(`rider-${name}`, 's')));
        await store.notifications.add(
          names.map((name) => recurring(`own-${name}`, { cron: '0 8 * * *', nextDueAt: NOMINAL })),
        );
        let pages = 0;
        const { due } = await store.claims.claimDue(
          {
            dispatchId: 'run',
            nominal: new Date(NOMINAL),
            now: new Date(NOMINAL),
            selection: { kind: 'due', schedule: 's' },
          },
          () => (pages += 1),
        );
        expect(due).toBe(2_400);
        expect(pages).toBeGreaterThanOrEqual(6);

        const seen = new Set<string>();
        for (let offset = 0; offset < 10; offset += 1) {
          const deliveries = await store.claims.listPartition('run', { from: 0, to: due, size: 1, step: 10, offset });
          expect(deliveries).toHaveLength(240);
          for (const delivery of deliveries) seen.add(delivery.notificationId);
        }
        expect(seen.size).toBe(2_400);
      });

      test('leaves what another run claimed at the same time to that one', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add(Array.from({ length: 50 }, (_, index) => rider(`rider-${index}`, 's')));
        await store.notifications.add([recurring('own', { cron: '0 8 * * *', nextDueAt: NOMINAL })]);
        const claimed = await Promise.all(
          ['a', 'b', 'c'].map((dispatchId) => claim(store, dispatchId, { kind: 'due', schedule: 's' })),
        );
        expect(claimed.reduce((sum, one) => sum + one)).toBe(51);
        expect(await ledger(store)).toHaveLength(51);
      });
    });

    describe('a run of two workspaces', () => {
      test('has the three of the small one among its first children, however many the large one has', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        for (const id of ['large', 'small']) await store.workspaces.put({ id, name: id, tokenRef: 'sandbox' });
        const names = Array.from({ length: 2_500 }, (_, index) => String(index).padStart(4, '0'));
        // Claimed before the others, since ids give the order.
        await store.notifications.add(
          names.map((name) => rider(`a-${name}`, 's', { workspaceId: 'large', channel: `C${name}` })),
        );
        await store.notifications.add(
          ['x', 'y', 'z'].map((name) => rider(`z-${name}`, 's', { workspaceId: 'small', channel: `C${name}` })),
        );
        const pace = { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 };
        const { due } = await claims(store.db, pace).claimDue({
          dispatchId: 'run',
          nominal: new Date(),
          selection: { kind: 'due', schedule: 's' },
        });
        expect(due).toBe(2_503);
        const partitions = livePartitions(50);
        const window = concurrencyOfPartition(50, partitions);
        const first = await Promise.all(
          Array.from({ length: partitions }, (_, n) =>
            store.claims.listPartition('run', partitionAt(n, due, partitions)),
          ),
        );
        const started = first.flatMap((deliveries) => deliveries.slice(0, window)).map((one) => one.notificationId);
        expect(started.filter((id) => id.startsWith('z-')).toSorted()).toEqual(['z-x', 'z-y', 'z-z']);
      });
    });

    describe('the window of a notification', () => {
      test('puts each post at its own place within it, always the same, and leaves the others alone', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        const names = Array.from({ length: 200 }, (_, index) => `spread-${index}`);
        await store.notifications.add(names.map((name) => rider(name, 's', { spreadWindowS: 1_200 })));
        await store.notifications.add([rider('at-once', 's')]);
        const places = async (nominal: string) => {
          await claim(store, nominal, { kind: 'due', schedule: 's' }, nominal);
          const rows = await store.deliveries.list({ dispatchId: nominal }, 1_000);
          const late = (row: (typeof rows)[number]) => Date.parse(row.notBefore) - Date.parse(nominal);
          return new Map(rows.map((row) => [row.notificationId, late(row)]));
        };
        const first = await places('2099-11-23T08:00:00Z');
        expect(await places('2099-11-24T08:00:00Z')).toEqual(first);
        expect(first.get('at-once')).toBe(0);
        const spread = names.map((name) => first.get(name) ?? -1);
        expect(Math.min(...spread)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...spread)).toBeLessThan(1_200_000);
        // Every quarter of the window has a fair share of two hundred.
        for (let quarter = 0; quarter < 4; quarter += 1) {
          const there = spread.filter((ms) => Math.floor(ms / 300_000) === quarter);
          expect(there.length).toBeGreaterThan(20);
        }
      });

      test("is the schedule's where the notification has none", async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        await store.notifications.add([rider('a', 's'), rider('b', 's', { spreadWindowS: 0 })]);
        const nominal = new Date('2099-11-23T08:00:00Z');
        await store.claims.claimDue({
          dispatchId: 'run',
          nominal,
          selection: { kind: 'due', schedule: 's' },
          spreadWindowS: 3_600,
        });
        const rows = await store.deliveries.list({ dispatchId: 'run' }, 10);
        const late = Object.fromEntries(
          rows.map((row) => [row.notificationId, Date.parse(row.notBefore) - nominal.getTime()]),
        );
        expect(late['a']).toBeGreaterThan(0);
        expect(late['b']).toBe(0);
      });
    });
  });
});
