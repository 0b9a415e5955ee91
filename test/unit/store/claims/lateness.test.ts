import { describe, expect, test } from 'vitest';
import type { ClaimRequest } from '../../../../src/store/claims/claims.ts';
import type { ReportPost } from '../../../../src/domain/delivery.ts';
import type { Store } from '../../../../src/store/open.ts';
import { isMissing, recurring, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

type Tick = Partial<Omit<ClaimRequest, 'nominal' | 'now'>> & { nominal?: string };

/** A run that claims at `now`, which is its nominal time unless it says another. */
function tick(store: Store, now: string, { nominal = now, ...request }: Tick = {}) {
  const selection = request.selection ?? { kind: 'due' as const, schedule: null };
  return store.claims.claimDue({
    dispatchId: `run-${now}`,
    ...request,
    selection,
    nominal: new Date(nominal),
    now: new Date(now),
  });
}

/** The ledger in order: occurrence, state, and why. */
async function ledger(store: Store): Promise<string[]> {
  const rows = await store.deliveries.list({}, 1_000);
  return rows
    .toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1))
    .map((row) => [row.occurrence, row.state, row.lateReason ?? row.error?.message].filter(Boolean).join(' '));
}

/** The steps of one delivery, in words. */
const wordsOf = ({ log }: ReportPost) => log.map(({ message }) => message).join('\n');

/** In the words of the log. */
const logOf = async (store: Store) =>
  (await store.deliveries.list({}, 1)).flatMap((row) => row.log.map(({ message }) => message));

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('an own recurrence', () => {
    test.each([
      ['five minutes', '2026-11-23T08:05:00Z', { due: 1, late: 0, missed: 0 }, undefined],
      ['more than that', '2026-11-23T08:05:01Z', { due: 1, late: 1, missed: 0 }, 'its times were changed after that'],
    ])('that is claimed %s after it was due', async (_, now, found, reason) => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([recurring('a', { cron: '0 8 * * *', nextDueAt: '2026-11-23T08:00:00Z' })]);
      expect(await tick(store, now)).toEqual(found);
      expect((await store.deliveries.list({}, 1))[0]?.lateReason).toBe(reason);
    });

    test('is late because nothing was running, where its times were the same when it was due', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([recurring('a', { cron: '0 8 * * *', nextDueAt: '2099-11-23T08:00:00Z' })]);
      expect(await tick(store, '2099-11-23T08:42:00Z')).toEqual({ due: 1, late: 1, missed: 0 });
      expect(await ledger(store)).toEqual(['2099-11-23T08:00[UTC] pending nothing was running']);
      expect(await logOf(store)).toContain('42 minutes late: nothing was running');
    });

    test('is judged by the clock, not by the nominal time of a run that waited for a worker; and then the newest goes out', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([recurring('a', { cron: '0 * * * *', nextDueAt: '2099-11-23T08:00:00Z' })]);
      const found = await tick(store, '2099-11-23T11:20:00Z', { nominal: '2099-11-23T08:00:00Z' });
      expect(found).toEqual({ due: 1, late: 1, missed: 3 });
      expect(await tick(store, '2099-11-23T11:20:01Z', { nominal: '2099-11-23T09:00:00Z' })).toMatchObject({ due: 0 });
      expect((await ledger(store)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        '2099-11-23T08:00[UTC] missed',
        '2099-11-23T09:00[UTC] missed',
        '2099-11-23T10:00[UTC] missed',
        '2099-11-23T11:00[UTC] pending',
      ]);
    });

    test('says how late is too late, and whether all go out', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const since = { cron: '0 * * * *', nextDueAt: '2099-11-23T08:00:00Z' };
      await store.notifications.add([
        recurring('patient', { ...since, catchUpWindowS: 4 * 3_600 }),
        recurring('all', { ...since, catchUpWindowS: 2 * 3_600, afterOutage: 'all' }),
        recurring('strict', { ...since, catchUpWindowS: 600 }),
      ]);
      expect(await tick(store, '2099-11-23T10:30:00Z')).toEqual({ due: 3, late: 3, missed: 6 });
      const pending = await store.deliveries.list({ states: ['pending'] }, 10);
      expect(pending.map((row) => `${row.notificationId} ${row.occurrence.slice(11, 16)}`).toSorted()).toEqual([
        'all 09:00',
        'all 10:00',
        'patient 10:00',
      ]);
    });

    test('has a row for each skipped occurrence, and the newest of the others goes out', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const since = { cron: '0 9 * * *', timezone: 'Europe/Berlin', nextDueAt: '2099-12-24T08:00:00Z' };
      await store.notifications.add([recurring('a', { ...since, skip: ['12-25'], catchUpWindowS: 86_400 * 2 })]);
      expect(await tick(store, '2099-12-25T08:10:00Z')).toEqual({ due: 1, late: 1, missed: 0 });
      expect(await ledger(store)).toEqual([
        '2099-12-24T09:00[Europe/Berlin] pending nothing was running',
        '2099-12-25T09:00[Europe/Berlin] skipped holiday 2099-12-25: a date to skip',
      ]);
    });

    test('that is paused skips what is due in the pause, whenever a run looks for it', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const pause = { from: '2099-11-23T08:30:00.000Z', until: '2099-11-23T10:00:00.000Z', note: 'moving' };
      const late = { afterOutage: 'all', catchUpWindowS: 86_400 } as const;
      const since = { cron: '0 * * * *', nextDueAt: '2099-11-23T08:00:00Z' };
      await store.notifications.add([recurring('a', { ...since, ...late }, { pause })]);
      await tick(store, '2099-11-23T10:02:00Z');
      expect(await ledger(store)).toEqual([
        '2099-11-23T08:00[UTC] pending nothing was running',
        '2099-11-23T09:00[UTC] skipped paused until 2099-11-23T10:00:00.000Z (moving)',
        '2099-11-23T10:00[UTC] pending',
      ]);
    });

    test('over the night that puts the clock forward comes once, and says what the clock did', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const since = { timezone: 'Europe/Berlin', nextDueAt: '2099-03-29T00:00:00Z' };
      await store.notifications.add([
        recurring('shifts', { cron: '0,30 2 * * *', ...since }),
        recurring('skips', { cron: '30 2 * * *', ...since, dstGap: 'skip' }),
        recurring('hourly', { cron: '15 * * * *', ...since }),
      ]);
      for (let minute = 0; minute < 180; minute += 5) {
        await tick(store, new Date(Date.UTC(2099, 2, 29, 0, minute)).toISOString());
      }
      const rows = await store.deliveries.list({}, 100);
      const told = rows.map(
        (row) => `${row.notificationId} ${row.occurrence.slice(11, 16)} ${row.dueAt.slice(11, 16)} ${row.state}`,
      );
      expect(told.toSorted()).toEqual([
        'hourly 01:15 00:15 pending',
        'hourly 03:15 01:15 pending',
        'hourly 04:15 02:15 pending',
        'shifts 02:00 01:00 pending',
        'skips 02:30 01:00 skipped',
      ]);
      const said = Object.fromEntries(
        rows.map((row) => [`${row.notificationId} ${row.dueAt.slice(11, 16)}`, wordsOf(row)]),
      );
      expect(said['shifts 01:00']).toContain('the clock skips 02:00, 02:30: this is the first minute after it');
      expect(said['hourly 01:15']).toContain('the clock skips 02:15: replaced by this one');
      expect(said['skips 01:00']).toContain('the clock skips 02:30, and this notification leaves such times out');
    });

    test('over the night that puts the clock back comes once', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      // 2099: 1 November in New York, 25 October in Berlin, 5 April on Lord Howe.
      const nights = [
        ['America/New_York', '30 1 * * *', '2099-11-01T04:00:00Z', '2099-11-01T05:30'],
        ['Europe/Berlin', '30 2 * * *', '2099-10-24T22:30:00Z', '2099-10-25T00:30'],
        ['Australia/Lord_Howe', '45 1 * * *', '2099-04-04T13:00:00Z', '2099-04-04T14:45'],
      ] as const;
      for (const [timezone, cron, from] of nights) {
        await store.notifications.add([recurring(timezone.replace('/', '.'), { cron, timezone, nextDueAt: from })]);
        for (let minute = 0; minute < 240; minute += 5) {
          await tick(store, new Date(Date.parse(from) + minute * 60_000).toISOString(), {
            dispatchId: `${timezone}-${minute}`,
          });
        }
        // Its next occurrence comes long before the other nights.
        await store.notifications.remove(timezone.replace('/', '.'));
      }
      const rows = await store.deliveries.list({}, 100);
      expect(rows.map((row) => row.dueAt.slice(0, 16)).toSorted()).toEqual(nights.map(([, , , at]) => at).toSorted());
      for (const row of rows) expect(wordsOf(row)).toContain('twice: this is the first');
    });
  });

  describe.skipIf(isMissing(kind))('a rider', () => {
    const weekdays = { selection: { kind: 'due' as const, schedule: 'weekdays' } };

    test('whose run Temporal started late goes out late', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 'weekdays')]);
      const found = await tick(store, '2026-11-23T08:42:00Z', { ...weekdays, nominal: '2026-11-23T08:00:00Z' });
      expect(found).toEqual({ due: 1, late: 1, missed: 0 });
      expect(await ledger(store)).toEqual(['2026-11-23T08:00:00Z pending caught up or backfilled']);
    });

    test('whose run waited for a worker goes out late, is missed when that is too long, and leaves it to a newer one', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([
        rider('a', 'weekdays'),
        rider('all', 'weekdays', { due: { kind: 'schedule', scheduleId: 'weekdays', afterOutage: 'all' } }),
      ]);
      const now = '2026-11-23T11:10:00Z';
      const run = (nominal: string, delay: ClaimRequest['delay']) =>
        tick(store, now, { ...weekdays, nominal, delay, dispatchId: nominal });
      expect(await run('2026-11-23T08:00:00Z', { tooLate: true, superseded: true })).toMatchObject({
        due: 0,
        missed: 2,
      });
      expect(await run('2026-11-23T10:30:00Z', { tooLate: false, superseded: true })).toMatchObject({
        due: 1,
        missed: 1,
      });
      expect(await run('2026-11-23T11:00:00Z', { tooLate: false, superseded: false })).toEqual({
        due: 2,
        late: 2,
        missed: 0,
      });
      const [newest] = await store.deliveries.list({ states: ['pending'] }, 1);
      expect(newest?.lateReason).toBe('nothing was running');
    });

    test('that is paused is skipped by its schedule, and goes out when a person asks for it', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 'weekdays')]);
      await store.notifications.pause('a', { until: undefined, note: 'audit' });
      const soon = new Date(Date.now() + 60_000).toISOString();
      expect(await tick(store, soon, weekdays)).toEqual({ due: 0, late: 0, missed: 0 });
      expect((await ledger(store))[0]).toContain('skipped paused until further notice (audit)');
      const later = new Date(Date.now() + 120_000).toISOString();
      expect(await tick(store, later, { selection: { kind: 'notifications', ids: ['a'] } })).toMatchObject({ due: 1 });

      expect(await store.notifications.unpause('a')).toBe(true);
      expect(await store.notifications.unpause('a')).toBe(false);
      expect(await tick(store, new Date(Date.now() + 180_000).toISOString(), weekdays)).toMatchObject({ due: 1 });
    });
  });

  describe.skipIf(isMissing(kind))('fires that Temporal dropped', () => {
    const seen = { checkedUntil: '2099-11-23T09:00:00.000Z', dropped: 2, lookedAt: '2099-11-23T10:00:00.000Z' };

    test('are rows of their riders, and of those that rode then only', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('a', 's'), rider('off', 's', { enabled: false }), rider('other', 't')]);
      const nominals = [new Date('2000-01-01T08:00:00Z'), new Date('2099-11-23T08:00:00Z')];
      const record = { scheduleId: 's', dispatchId: 'run', nominals, reason: 'Temporal dropped it', seen };
      await store.scheduleChecks.record(record);
      await store.scheduleChecks.record(record);
      expect(await ledger(store)).toEqual(['2099-11-23T08:00:00Z missed Temporal dropped it']);
    });

    test('are looked for where there are riders, the longest unseen schedule first', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      expect(await store.scheduleChecks.due(new Date(), 10)).toEqual([]);
      await store.notifications.add(['s', 't', 't', 'u'].map((schedule, index) => rider(`n${index}`, schedule)));
      await store.notifications.add([recurring('own', { cron: '0 8 * * *', nextDueAt: '2099-11-23T08:00:00Z' })]);
      await store.scheduleChecks.record({ scheduleId: 's', dispatchId: 'run', nominals: [], reason: '', seen });
      const ids = async (before: string, limit = 10) =>
        (await store.scheduleChecks.due(new Date(before), limit)).map((one) => one.scheduleId);
      expect(await ids('2099-11-23T10:00:00Z')).toEqual(['t', 'u']);
      expect(await ids('2099-11-23T10:00:01Z')).toEqual(['t', 'u', 's']);
      expect(await ids('2099-11-23T10:00:01Z', 1)).toEqual(['t']);
      await store.scheduleChecks.forget('s');
      expect(await ids('2099-11-23T10:00:00Z')).toEqual(['s', 't', 'u']);
    });
  });
});
