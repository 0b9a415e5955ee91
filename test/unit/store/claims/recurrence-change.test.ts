import { describe, expect, test } from 'vitest';
import type { Notification, OwnRecurrence } from '../../../../src/domain/notification.ts';
import type { Store } from '../../../../src/store/open.ts';
import { isMissing, nextDueOf, recurring, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

/** A Wednesday. */
const DAY = '2099-11-25';
const BERLIN = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };

const add = (store: Store, nextDueAt: string, rule: { cron: string; timezone?: string } = BERLIN) =>
  store.notifications.add([recurring('a', { ...rule, nextDueAt })]);

const tick = (store: Store, now: string) =>
  store.claims.claimDue({
    dispatchId: now,
    nominal: new Date(now),
    now: new Date(now),
    selection: { kind: 'due', schedule: null },
  });

function withTimes(notification: Notification, times: Partial<OwnRecurrence>): Notification {
  const { due } = notification;
  if (due.kind !== 'recurrence') throw new Error(`${notification.id} has no recurrence`);
  return { ...notification, due: { ...due, ...times } };
}

async function change(store: Store, times: Partial<OwnRecurrence>, now: string, fields: Partial<Notification> = {}) {
  const changed = (before: Notification) => ({ ...withTimes(before, times), ...fields });
  const result = await store.notifications.change('a', changed, new Date(now));
  return { kind: result?.today?.kind, next: nextDueOf(result?.after) };
}

const ledger = async (store: Store) =>
  (await store.deliveries.list({}, 1_000)).map((row) => `${row.occurrence} ${row.state}`).toSorted();

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('new times', () => {
    test('do not repeat what has gone out today, though their own time is still to come', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T08:00:00Z`);
      await tick(store, `${DAY}T08:00:00Z`);
      // 10:00 in Berlin is 04:00 in New York, whose 09:00 would be a second report of this Wednesday.
      const changed = await change(store, { timezone: 'America/New_York' }, `${DAY}T09:00:00Z`);
      expect(changed).toEqual({ kind: 'already-out', next: '2099-11-26T14:00:00.000Z' });
    });

    test('take up what has not gone out today, though their own time has passed', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T08:00:00Z`);
      // 08:30 in Berlin.
      expect(await change(store, { cron: '0 8 * * *' }, `${DAY}T07:30:00Z`)).toEqual({
        kind: 'overdue',
        next: `${DAY}T07:00:00.000Z`,
      });
      expect(await tick(store, `${DAY}T07:31:00Z`)).toEqual({ due: 1, late: 1, missed: 0 });
      expect(await tick(store, `${DAY}T08:01:00Z`)).toMatchObject({ due: 0 });
      expect(await ledger(store)).toEqual([`${DAY}T08:00[Europe/Berlin] pending`]);
    });

    test('have it missed, with its row, where their time passed long ago', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T08:00:00Z`);
      // 14:00 in Tokyo, 06:00 in Berlin: nothing has gone out on this date.
      expect(await change(store, { timezone: 'Asia/Tokyo' }, `${DAY}T05:00:00Z`)).toEqual({
        kind: 'overdue',
        next: `${DAY}T00:00:00.000Z`,
      });
      expect(await tick(store, `${DAY}T05:01:00Z`)).toEqual({ due: 0, late: 0, missed: 1 });
      expect(await ledger(store)).toEqual([`${DAY}T09:00[Asia/Tokyo] missed`]);
    });

    test('come today where both are still to come', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T08:00:00Z`);
      expect(await change(store, { cron: '30 10 * * *' }, `${DAY}T07:30:00Z`)).toEqual({
        kind: 'to-come',
        next: `${DAY}T09:30:00.000Z`,
      });
    });

    test('replace an occurrence that came in an outage and that no run claimed', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, '2099-11-24T08:00:00Z');
      expect(await change(store, { cron: '0 12 * * *' }, `${DAY}T10:00:00Z`)).toEqual({
        kind: 'to-come',
        next: `${DAY}T11:00:00.000Z`,
      });
      // Yesterday's is told of; today's has become that of 12:00.
      expect(await ledger(store)).toEqual(['2099-11-24T09:00[Europe/Berlin] missed']);
    });

    test('that have none today say so', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T08:00:00Z`);
      expect(await change(store, { cron: '0 9 * * MON' }, `${DAY}T07:30:00Z`)).toEqual({
        kind: 'dropped',
        next: '2099-11-30T08:00:00.000Z',
      });
    });

    test('do not make up for a day on which nothing was due', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, '2099-11-30T08:00:00Z', { ...BERLIN, cron: '0 9 * * MON' });
      expect(await change(store, { cron: '0 9 * * *' }, `${DAY}T12:00:00Z`)).toEqual({
        kind: 'none',
        next: '2099-11-26T08:00:00.000Z',
      });
    });

    test('several times a day hold from now on', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T09:00:00Z`, { cron: '0 * * * *' });
      await tick(store, `${DAY}T09:00:00Z`);
      expect(await change(store, { cron: '*/30 * * * *' }, `${DAY}T09:50:00Z`)).toEqual({
        kind: 'from-now',
        next: `${DAY}T10:00:00.000Z`,
      });
    });

    test('do not repeat a report that was missed or skipped, they send it', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T08:00:00Z`);
      expect(await tick(store, `${DAY}T10:00:00Z`)).toMatchObject({ missed: 1 });
      expect(await change(store, { cron: '0 14 * * *' }, `${DAY}T10:30:00Z`)).toEqual({
        kind: 'to-come',
        next: `${DAY}T13:00:00.000Z`,
      });
    });

    test('leave the next occurrence alone if only something else changes', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await add(store, `${DAY}T08:00:00Z`);
      expect(await change(store, { skip: ['12-25'] }, `${DAY}T12:00:00Z`, { name: 'Other' })).toEqual({
        kind: undefined,
        next: `${DAY}T08:00:00.000Z`,
      });
      expect(await store.notifications.find('a')).toMatchObject({ name: 'Other', due: { cron: BERLIN.cron } });
    });

    test('and a run that claims at the same time send the day once', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add(
        Array.from({ length: 30 }, (_, index) => recurring(`n${index}`, { ...BERLIN, nextDueAt: `${DAY}T08:00:00Z` })),
      );
      const now = new Date(`${DAY}T08:01:00Z`);
      const ids = Array.from({ length: 30 }, (_, index) => `n${index}`);
      await Promise.all([
        tick(store, now.toISOString()),
        ...ids.map((id) => store.notifications.change(id, (before) => withTimes(before, { cron: '2 9 * * *' }), now)),
      ]);
      await tick(store, `${DAY}T08:03:00Z`);
      const sent = await store.deliveries.list({ states: ['pending'] }, 100);
      expect(sent.map((row) => row.notificationId).toSorted()).toEqual(ids.toSorted());
    });
  });
});
