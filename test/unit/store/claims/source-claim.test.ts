import { describe, expect, test } from 'vitest';
import { isDue } from '../../../../src/domain/recurrence/is-due.ts';
import { defineSource, type DueRequest, type Source, type SourceNotification } from '../../../../src/sources/define.ts';
import { readerOf } from '../../../../src/sources/read.ts';
import type { Store } from '../../../../src/store/open.ts';
import { isMissing, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const NOMINAL = '2026-11-23T08:00:00Z';

function customer(id: number | string, more: Partial<SourceNotification> = {}): SourceNotification {
  return { id, account: 'acme', report: 'account-activity', channel: 'C0ACME', workspace: 'sandbox', ...more };
}

/** A source over an array, paged by id as a table is. */
function paged(rows: readonly SourceNotification[], { pageSize = 50, name = 'customers' } = {}): Source {
  return defineSource({
    name,
    async due({ cursor }) {
      const from = cursor === undefined ? 0 : rows.findIndex(({ id }) => String(id) === cursor) + 1;
      const notifications = rows.slice(from, from + pageSize);
      return { notifications, next: notifications.length === pageSize ? notifications.at(-1)?.id : undefined };
    },
  });
}

interface Asked {
  dispatchId?: string;
  nominal?: string;
  now?: string;
  schedule?: string | null;
  onTurn?: () => void;
}

function claim(store: Store, sources: readonly Source[], asked: Asked = {}) {
  const { dispatchId = 'run', nominal = NOMINAL, now = nominal, schedule = 'weekdays', onTurn } = asked;
  const request = {
    dispatchId,
    nominal: new Date(nominal),
    now: new Date(now),
    sources: sources.map((source) => readerOf(source, { retryAfterMs: [1, 1] })),
  };
  return store.claims.claimDue({ ...request, selection: { kind: 'due', schedule } }, onTurn);
}

async function ledger(store: Store): Promise<string[]> {
  const rows = await store.deliveries.list({}, 10_000);
  return rows.map(({ notificationId, occurrence, state }) => `${notificationId} ${occurrence} ${state}`).toSorted();
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => customer(n + 1, { channel: `C${100 + (n % 9)}` }));

describe.each(STORE_KINDS)('sources on %s', (kind) => {
  describe.skipIf(isMissing(kind))('a source', () => {
    test('gives what is due, page by page, and the ledger copies it', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const rows = [
        customer(1, { params: { days: 3 }, name: 'Acme weekly', locale: 'de-DE', channelName: '#acme' }),
        ...numbered(220).slice(1),
      ];
      expect(await claim(store, [paged(rows)])).toEqual({ due: 220, late: 0, missed: 0 });
      const [first] = await store.deliveries.list({ notificationId: 'customers:1' }, 2);
      expect(first).toMatchObject({
        name: 'Acme weekly',
        account: 'acme',
        report: 'account-activity',
        params: { days: 3 },
        workspaceId: 'sandbox',
        channel: 'C0ACME',
        channelName: '#acme',
        dueAt: '2026-11-23T08:00:00.000Z',
        occurrence: NOMINAL,
      });
      expect((await store.work.find(first?.id ?? ''))?.notification).toMatchObject({ locale: 'de-DE' });
    });

    test('killed at any page and tried again, with rows edited meanwhile, loses and doubles nothing', async () => {
      let pages = Infinity;
      for (let killedAt = 1; killedAt < pages; killedAt += 1) {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        let turn = 0;
        const killed = claim(store, [paged(numbered(260))], {
          onTurn: () => {
            turn += 1;
            if (turn === killedAt) throw new Error('killed');
          },
        });
        const outcome = await killed.then(
          () => 'done',
          (error: unknown) => (error as Error).message,
        );
        if (outcome === 'done') pages = killedAt;
        const edited = numbered(260).map((row) => ({ ...row, timezone: 'Europe/Berlin', name: `Edited ${row.id}` }));
        expect(await claim(store, [paged(edited)])).toMatchObject({ due: 260 });
        const found = await store.deliveries.list({}, 1_000);
        expect(new Set(found.map(({ notificationId }) => notificationId)).size).toBe(260);
        expect(found).toHaveLength(260);
      }
      expect(pages).toBeGreaterThan(8);
    });

    test('fails a bad row with its reason, and nothing else', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const bad = [
        customer('no-channel', { channel: '#general' }),
        { account: 'acme', report: 'account-activity', channel: 'C0ACME' } as unknown as SourceNotification,
        customer('bad zone'),
        customer('zone', { timezone: 'Mars/Olympus' }),
        customer('workspace', { workspace: 'elsewhere' }),
        customer('chanel', { chanel: 'C1' } as object),
        'nonsense' as unknown as SourceNotification,
      ];
      expect(await claim(store, [paged([...bad, customer('good')])])).toMatchObject({ due: 8 });
      const rows = await store.deliveries.list({}, 20);
      const failing = rows.filter(({ error }) => error?.code === 'invalid_source_row');
      expect(failing).toHaveLength(7);
      expect(failing.find((row) => row.notificationId === 'customers:no-channel')?.error?.message).toContain(
        'channel: must be a channel id such as C0123456789',
      );
      expect(failing.find((row) => row.notificationId === 'customers:workspace')?.error?.message).toContain(
        'there is no "elsewhere"',
      );
      expect(failing.find((row) => row.notificationId === 'customers:zone')?.error?.message).toContain('Mars/Olympus');
      expect(rows.find((row) => row.notificationId === 'customers:good')?.error).toBeUndefined();
      // The same when it is read again.
      expect(await claim(store, [paged([...bad, customer('good')])])).toMatchObject({ due: 8 });
    });

    test('that throws is asked three times, fails in its own name, and stops no other', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('own', 'weekdays')]);
      let asked = 0;
      const broken = defineSource({
        name: 'broken',
        async due({ cursor }) {
          if (cursor === undefined) return { notifications: [customer(1)], next: '1' };
          asked += 1;
          throw new Error('connection refused');
        },
      });
      const found = await claim(store, [broken, paged(numbered(2))]);
      expect(found).toMatchObject({ due: 5, failedSources: [{ source: 'broken', message: 'connection refused' }] });
      expect(asked).toBe(3);
      expect(await ledger(store)).toEqual(
        ['broken:1', 'broken:source', 'customers:1', 'customers:2', 'own'].map((id) => `${id} ${NOMINAL} pending`),
      );
      const [row] = await store.deliveries.list({ notificationId: 'broken:source' }, 1);
      expect(row?.error).toMatchObject({
        code: 'source_failed',
        message: expect.stringContaining('connection refused'),
      });
      expect(await store.sourceReads.list()).toMatchObject([
        { source: 'broken', schedule: 'weekdays', failed: { message: 'connection refused' } },
        { source: 'customers', schedule: 'weekdays', readUntil: '2026-11-23T08:00:00.000Z', failed: undefined },
      ]);
    });

    test('that fails once goes on where it was', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const rows = paged(numbered(120));
      let calls = 0;
      const flaky = defineSource({
        name: 'customers',
        async due(request) {
          calls += 1;
          if (calls === 2) throw new Error('lost');
          return rows.due(request);
        },
      });
      expect(await claim(store, [flaky])).toEqual({ due: 120, late: 0, missed: 0 });
    });

    test('that gives the same page forever is stopped', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const endless = defineSource({ name: 'endless', due: async () => ({ notifications: [customer(1)], next: 1 }) });
      const { failedSources } = await claim(store, [endless]);
      expect(failedSources?.[0]?.message).toContain('does not go on');
    });

    test('is asked from where it was read completely, and again from there after a failure', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const asked: DueRequest[] = [];
      let fails = false;
      const source = defineSource({
        name: 'customers',
        async due(request) {
          asked.push(request);
          if (fails) throw new Error('away');
          return { notifications: [] };
        },
      });
      await claim(store, [source], { dispatchId: 'a' });
      await claim(store, [source], { dispatchId: 'b', nominal: '2026-11-23T08:15:00Z' });
      fails = true;
      await claim(store, [source], { dispatchId: 'c', nominal: '2026-11-23T08:30:00Z' });
      fails = false;
      await claim(store, [source], { dispatchId: 'd', nominal: '2026-11-23T08:45:00Z' });
      // A backfill.
      await claim(store, [source], { dispatchId: 'e', nominal: '2026-11-22T08:00:00Z' });
      await claim(store, [source], { dispatchId: 'f', nominal: '2026-11-23T09:00:00Z' });
      expect([
        ...new Set(asked.map(({ since, nominalTime }) => `${since.toISOString()} ${nominalTime.toISOString()}`)),
      ]).toEqual([
        '2026-11-23T07:59:00.000Z 2026-11-23T08:00:00.000Z',
        '2026-11-23T08:00:00.000Z 2026-11-23T08:15:00.000Z',
        '2026-11-23T08:15:00.000Z 2026-11-23T08:30:00.000Z',
        '2026-11-23T08:15:00.000Z 2026-11-23T08:45:00.000Z',
        '2026-11-22T07:59:00.000Z 2026-11-22T08:00:00.000Z',
        '2026-11-23T08:45:00.000Z 2026-11-23T09:00:00.000Z',
      ]);
    });

    test('sends at 09:00 in the zone of each customer, once a day', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const zones = { berlin: 'Europe/Berlin', london: 'Europe/London', kolkata: 'Asia/Kolkata' };
      const source = defineSource({
        name: 'customers',
        async due({ since, nominalTime }) {
          return {
            notifications: Object.entries(zones).flatMap(([id, timezone]) => {
              const due = isDue({ cron: '0 9 * * *', timezone }, since, nominalTime);
              return due === undefined ? [] : [customer(id, { due })];
            }),
          };
        },
      });
      for (let minute = 0; minute < 24 * 60; minute += 15) {
        const nominal = new Date(Date.parse('2026-11-23T00:00:00Z') + minute * 60_000).toISOString();
        await claim(store, [source], { dispatchId: `run-${minute}`, nominal });
      }
      expect(await ledger(store)).toEqual([
        'customers:berlin 2026-11-23T09:00[Europe/Berlin] pending',
        'customers:kolkata 2026-11-23T09:00[Asia/Kolkata] pending',
        'customers:london 2026-11-23T09:00[Europe/London] pending',
      ]);
    });

    test('is not asked by a schedule that it does not name, by `tick`, or by no schedule', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const all = paged(numbered(1));
      const named = { ...paged(numbered(1), { name: 'named' }), schedules: ['tick'] };
      expect((await claim(store, [all], { schedule: null })).due).toBe(0);
      expect((await claim(store, [all], { schedule: 'tick', dispatchId: 'tick' })).due).toBe(0);
      expect((await claim(store, [named], { schedule: 'tick', dispatchId: 'named' })).due).toBe(1);
      expect((await claim(store, [named], { schedule: 'weekdays', dispatchId: 'other' })).due).toBe(0);
    });

    test('has what is too late recorded as missed, and what is paused as skipped', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const due = { key: '2026-11-23T09:00[Europe/Berlin]', at: new Date(NOMINAL) };
      const rows = [
        customer('a', { due }),
        customer('b', { due, catchUp: '3 hours' }),
        customer('c', { due, catchUp: '3 hours' }),
      ];
      await claim(store, [paged(rows)], { dispatchId: 'first', nominal: '2026-11-22T08:00:00Z', now: NOMINAL });
      // Known by now, so that it can be paused.
      await store.notifications.pause('customers:c', { until: undefined, note: 'holiday' });
      // A pause begins now.
      const later = { key: '2030-11-24T09:00[Europe/Berlin]', at: new Date('2030-11-24T08:00:00Z') };
      await claim(store, [paged(rows.map((row) => ({ ...row, due: later })))], {
        dispatchId: 'second',
        nominal: '2030-11-24T10:00:00Z',
      });
      expect((await ledger(store)).filter((line) => line.includes('2030'))).toEqual([
        'customers:a 2030-11-24T09:00[Europe/Berlin] missed',
        'customers:b 2030-11-24T09:00[Europe/Berlin] pending',
        'customers:c 2030-11-24T09:00[Europe/Berlin] skipped',
      ]);
    });

    test('gives an occurrence key that is sent once, whatever the time', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const source = paged([customer(1, { occurrence: 'trial-ends' })]);
      await claim(store, [source], { dispatchId: 'a' });
      await claim(store, [source], { dispatchId: 'b', nominal: '2026-11-24T08:00:00Z' });
      expect(await ledger(store)).toEqual(['customers:1 key:trial-ends pending']);
    });

    test('is known by id to what people do, and to no list or run of all', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await claim(store, [paged([customer(1)])]);
      const id = 'customers:1';
      expect(await store.notifications.find(id)).toMatchObject({ due: { kind: 'source', source: 'customers' } });
      expect(await store.notifications.list()).toEqual([]);
      expect(
        (await store.claims.claimDue({ dispatchId: 'all', nominal: new Date(), selection: { kind: 'all' } })).due,
      ).toBe(0);

      const [delivery] = await store.deliveries.list({ notificationId: id }, 1);
      const error = { code: 'is_archived', message: 'is_archived' };
      await store.ledger.park(delivery?.id ?? '', { kind: 'notification', id }, error);
      expect(await store.parking.list()).toMatchObject([{ kind: 'notification', id, code: 'is_archived' }]);
      // The next claim does not release it.
      await claim(store, [paged([customer(1, { name: 'Renamed' })])], {
        dispatchId: 'next',
        nominal: '2026-11-24T08:00:00Z',
      });
      expect(await store.notifications.find(id)).toMatchObject({ name: 'Renamed', parked: { code: 'is_archived' } });
      const nominal = new Date('2026-11-23T09:00:00Z');
      const parked = { kind: 'parked', owner: { kind: 'notification', id }, withinMs: 86_400_000 } as const;
      expect((await store.claims.claimDue({ dispatchId: 'resume', nominal, selection: parked })).due).toBe(1);
      const toOps = { kind: 'test', notificationId: id, channel: 'C0OPS' } as const;
      expect((await store.claims.claimDue({ dispatchId: 'test', nominal, selection: toOps })).due).toBe(1);
      const again = { kind: 'delivery', notificationId: id, occurrence: NOMINAL } as const;
      expect((await store.claims.claimDue({ dispatchId: 'resend', nominal, selection: again })).due).toBe(1);
      await expect(store.notifications.change(id, (before) => before, nominal)).rejects.toThrow(
        'comes from source "customers"',
      );
    });

    test('keeps its copies while it gives them, and what was dropped for 90 days is forgotten unless it is needed', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const ids = ['given', 'dropped', 'paused', 'was-paused', 'parked', 'open'];
      await claim(store, [paged(ids.map((id) => customer(id)))]);
      const open = await store.deliveries.list({}, 10);
      for (const { id, notificationId } of open.filter(({ notificationId: one }) => one !== 'customers:open'))
        await store.ledger.markSkipped(id, notificationId);
      await store.notifications.pause('customers:paused', { until: undefined, note: undefined });
      await store.notifications.pause('customers:was-paused', { until: new Date(0), note: undefined });
      await store.db
        .updateTable('notifications')
        .set({ parked_at: NOMINAL, parked_code: 'is_archived' })
        .where('id', '=', 'customers:parked')
        .execute();
      await store.notifications.add([rider('own', 'weekdays')]);
      await store.db
        .updateTable('notifications')
        .set({ updated_at: daysAgo(89).toISOString() })
        .execute();
      expect(await store.sourceCopies.forget()).toBe(0);
      // Given again, and the same as before: that alone renews it.
      await claim(store, [paged([customer('given')])], { dispatchId: 'next', nominal: '2026-11-24T08:00:00Z' });
      expect(await store.sourceCopies.forget(daysAgo(-2))).toBe(2);
      const left = await store.db.selectFrom('notifications').select('id').orderBy('id').execute();
      expect(left.map(({ id }) => id)).toEqual([
        'customers:given',
        'customers:open',
        'customers:parked',
        'customers:paused',
        'own',
      ]);
      expect(await store.deliveries.list({ notificationId: 'customers:dropped' }, 2)).toHaveLength(1);
    });
  });
});
