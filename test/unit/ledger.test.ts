import { describe, expect, test } from 'vitest';
import { readLog } from '../../src/store/delivery-log.ts';
import { messageOfDelivery } from '../../src/store/kept-message.ts';
import type { Delivery } from '../../src/store/ledger.ts';
import type { Store } from '../../src/store/open.ts';
import { LEGAL_MOVES } from '../../src/store/legal-moves.ts';
import { DELIVERY_STATES, type DeliveryState } from '../../src/store/schema.ts';
import { isMissing, rider, STORE_KINDS, temporaryStore } from '../support/store.ts';

const ERROR = { code: 'is_archived', message: 'is_archived' };
const MESSAGE = { text: 'hello', blocks: [{ type: 'divider' }] };
const TS = '1764000000.000100';

/** Every move of the ledger: where it may come from, where it leads, and whether its message has served then. */
const MOVES: Record<
  string,
  { act: (store: Store, id: string) => Promise<unknown>; from: DeliveryState[]; to: DeliveryState; ends?: true }
> = {
  beginPosting: { act: ({ ledger }, id) => ledger.beginPosting(id), from: ['pending'], to: 'posting' },
  doubt: { act: ({ ledger }, id) => ledger.doubt(id, new Date()), from: ['pending'], to: 'posting' },
  beginOrdinary: { act: ({ ledger }, id) => ledger.beginOrdinary(id), from: ['pending'], to: 'posting' },
  releasePosting: { act: ({ ledger }, id) => ledger.releasePosting(id, 1, ERROR), from: ['posting'], to: 'pending' },
  sawAbsence: { act: ({ ledger }, id) => ledger.sawAbsence(id, 1), from: ['posting'], to: 'posting' },
  markDelivered: {
    act: ({ ledger }, id) => ledger.markDelivered(id, 1, TS),
    from: ['posting'],
    to: 'delivered',
    ends: true,
  },
  'markFailed of what Slack refused': {
    act: ({ ledger }, id) => ledger.markFailed(id, ERROR, 1),
    from: ['posting'],
    to: 'failed',
    ends: true,
  },
  'markFailed of what Slack never saw': {
    act: ({ ledger }, id) => ledger.markFailed(id, ERROR),
    from: ['pending'],
    to: 'failed',
    ends: true,
  },
  markUnconfirmed: {
    act: ({ ledger }, id) => ledger.markUnconfirmed(id, ERROR),
    from: ['posting'],
    to: 'unconfirmed',
    ends: true,
  },
  'markParked of what Slack refused': {
    act: ({ ledger }, id) => ledger.markParked(id, ERROR, 1),
    from: ['posting'],
    to: 'parked',
  },
  'markParked of what Slack never saw': {
    act: ({ ledger }, id) => ledger.markParked(id, ERROR),
    from: ['pending'],
    to: 'parked',
  },
  markCancelled: {
    act: ({ ledger }, id) => ledger.markCancelled(id, ERROR),
    from: ['pending', 'parked'],
    to: 'cancelled',
    ends: true,
  },
  markSkipped: {
    act: ({ ledger }, id) => ledger.markSkipped(id, 'Quiet'),
    from: ['pending'],
    to: 'skipped',
    ends: true,
  },
  markMissed: { act: ({ ledger }, id) => ledger.markMissed(id, ERROR), from: ['parked'], to: 'missed', ends: true },
  revive: { act: ({ ledger }, id) => ledger.revive(id, 'another run'), from: ['parked', 'failed'], to: 'pending' },
};

const FIRST_TEN = { from: 0, to: 10, stride: 1, first: 0 };

/** One delivery in the wanted state, at its first attempt, with its message. */
async function deliveryIn(store: Store, state: DeliveryState, notificationId = 'acme'): Promise<string> {
  await store.notifications.add([rider(notificationId, 'weekdays')]);
  const selection = { kind: 'notifications' as const, ids: [notificationId] };
  await store.claims.claimDue({ runId: notificationId, nominal: new Date('2026-11-23T08:00:00Z'), selection });
  const [row] = await store.deliveries.list({ notificationId }, 1);
  if (row === undefined) throw new Error('nothing was claimed');
  // Put there as it is, since the database refuses to move a delivery into most states at once.
  await store.db.deleteFrom('deliveries').where('id', '=', row.id).execute();
  const message_ts = state === 'delivered' ? TS : null;
  await store.db
    .insertInto('deliveries')
    .values({ ...row, state, attempts: 1, message_ts, message: JSON.stringify(MESSAGE) })
    .execute();
  return row.id;
}

function snapshot(store: Store, id: string): Promise<Delivery | undefined> {
  return store.ledger.find(id);
}

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('the store', () => {
    describe.each(Object.entries(MOVES))('%s', (_, { act, from, to, ends = false }) => {
      test.each(from)(
        `leads from %s to ${to}${ends ? ', and lets go of the message' : ', and keeps the message'}`,
        async (state) => {
          await using temporary = await temporaryStore(kind);
          const { store } = temporary;
          const id = await deliveryIn(store, state);
          expect(await act(store, id)).toBeTruthy();
          const row = await snapshot(store, id);
          expect(row?.state).toBe(to);
          expect(row?.finished_at === null).toBe(!ends);
          expect(row && messageOfDelivery(row)).toEqual(ends ? undefined : MESSAGE);
          expect(row && readLog(row).map((entry) => entry.state)).toEqual(['pending', to]);
        },
      );

      test('changes nothing in any other state, or of another delivery', async () => {
        await using temporary = await temporaryStore(kind);
        const { store } = temporary;
        for (const state of DELIVERY_STATES.filter((one) => !from.includes(one))) {
          const id = await deliveryIn(store, state, `in-${state}`);
          const before = await snapshot(store, id);
          expect(await act(store, id), state).toBeFalsy();
          expect(await snapshot(store, id), state).toEqual(before);
        }
        const state = from[0] ?? 'pending';
        const bystander = await deliveryIn(store, state, 'bystander');
        const before = await snapshot(store, bystander);
        await act(store, await deliveryIn(store, state, 'moved'));
        expect(await act(store, 'no-such-delivery')).toBeFalsy();
        expect(await snapshot(store, bystander)).toEqual(before);
      });
    });

    test('a move that no method may make is refused by the database, whoever tries', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const legal = new Set(LEGAL_MOVES.map(([from, to]) => `${from} ${to}`));
      for (const from of DELIVERY_STATES) {
        for (const to of DELIVERY_STATES.filter((state) => state !== from)) {
          const id = await deliveryIn(store, from, `${from}-${to}`);
          const message_ts = to === 'delivered' ? TS : null;
          const moved = store.db
            .updateTable('deliveries')
            .set({ state: to, message_ts })
            .where('id', '=', id)
            .execute();
          if (legal.has(`${from} ${to}`)) await moved;
          else await expect(moved, `${from} ${to}`).rejects.toThrow('illegal move of a delivery');
        }
      }
    });

    test('a move writes down why, and a delivery that got through has no error left', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const id = await deliveryIn(store, 'posting');
      await store.ledger.releasePosting(id, 1, { code: 'ratelimited', message: 'x'.repeat(5_000) });
      const released = await store.ledger.find(id);
      expect(released).toMatchObject({ error_code: 'ratelimited', message_ts: null });
      expect(released?.error_message).toHaveLength(1_000);

      const attempt = await store.ledger.beginPosting(id);
      await store.ledger.markDelivered(id, attempt ?? 0, TS);
      expect(await store.ledger.find(id)).toMatchObject({
        state: 'delivered',
        message_ts: TS,
        error_code: null,
        error_message: null,
      });
    });

    test('the outcome of an attempt that was overtaken changes nothing', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const { ledger } = store;
      const id = await deliveryIn(store, 'posting');
      await ledger.releasePosting(id, 1, ERROR);
      expect(await ledger.beginPosting(id)).toBe(2);

      const before = await snapshot(store, id);
      expect(await ledger.markDelivered(id, 1, '1.1')).toBe(false);
      expect(await ledger.markFailed(id, ERROR, 1)).toBe(false);
      expect(await ledger.releasePosting(id, 1, ERROR)).toBe(false);
      expect(await ledger.sawAbsence(id, 1)).toBe(false);
      expect(await snapshot(store, id)).toEqual(before);

      expect(await ledger.markDelivered(id, 2, TS)).toBe(true);
      expect((await ledger.find(id))?.message_ts).toBe(TS);
    });

    test('of two that begin to post at the same time one gets the attempt', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger } = temporary.store;
      const id = await deliveryIn(temporary.store, 'pending');
      const attempts = await Promise.all(Array.from({ length: 5 }, () => ledger.beginPosting(id)));
      expect(attempts.filter((attempt) => attempt !== undefined)).toEqual([2]);
    });

    test.each(['workspace', 'notification'] as const)(
      'what is parked, as its %s is here, does not begin unread',
      async (what) => {
        await using temporary = await temporaryStore(kind);
        const { ledger, parking } = temporary.store;
        const id = await deliveryIn(temporary.store, 'pending');
        if (what === 'workspace') await parking.parkWorkspace('sandbox', ERROR);
        else await parking.parkNotification('acme', ERROR);
        expect(await ledger.beginOrdinary(id)).toBeUndefined();
        expect(await temporary.store.work.post(id)).toMatchObject({ delivery: { state: 'pending' }, parked: ERROR });
        await parking.release(what, what === 'workspace' ? 'sandbox' : 'acme');
        const message = JSON.stringify(MESSAGE);
        expect(await ledger.beginOrdinary(id)).toMatchObject({ attempts: 2, token_ref: 'sandbox', message });
      },
    );

    test('absence counts when it was seen twice in the same attempt', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger } = temporary.store;
      const id = await deliveryIn(temporary.store, 'posting');
      expect(await ledger.sawAbsence(id, 1)).toBe(true);
      expect(await ledger.sawAbsence(id, 1)).toBe(false);
      await ledger.releasePosting(id, 1, ERROR);
      await ledger.beginPosting(id);
      expect(await ledger.sawAbsence(id, 2)).toBe(true);
    });

    test('the message of a delivery can be made again until it is posted, and the last one counts', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger } = temporary.store;
      const id = await deliveryIn(temporary.store, 'pending');
      const second = { text: 'second', blocks: [] };
      expect(await ledger.saveMessage(id, second)).toBe(true);
      await ledger.beginPosting(id);
      expect(await ledger.saveMessage(id, MESSAGE)).toBe(false);
      expect(await ledger.find(id).then((row) => row && messageOfDelivery(row))).toEqual(second);
    });

    test('the last delivered occurrence before an instant is the newest of its notification', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('acme', 's'), rider('other', 's')]);
      for (const [index, day] of ['20', '21', '22', '23'].entries()) {
        const nominal = new Date(`2026-11-${day}T08:00:00Z`);
        await store.claims.claimDue({ runId: `run-${day}`, nominal, selection: { kind: 'all' } });
        for (const { id, notificationId } of await store.claims.share(`run-${day}`, FIRST_TEN)) {
          const attempt = await store.ledger.beginPosting(id);
          if (notificationId === 'other' || index < 2) await store.ledger.markDelivered(id, attempt ?? 0, TS);
          else await store.ledger.markFailed(id, ERROR, attempt);
        }
      }
      const since = async (day: string) => {
        const occurrence = `2026-11-${day}T08:00:00Z`;
        const [row] = await store.deliveries.list({ notificationId: 'acme', occurrence }, 1);
        return (await store.work.report(row?.id ?? ''))?.since;
      };
      expect(await since('23')).toBe('2026-11-21T08:00:00.000Z');
      expect(await since('21')).toBe('2026-11-20T08:00:00.000Z');
      expect(await since('20')).toBeNull();
    });

    test('the list is the newest first, and only what was asked for', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('acme', 's'), rider('other', 's')]);
      for (const day of ['22', '23']) {
        const nominal = new Date(`2026-11-${day}T08:00:00Z`);
        await store.claims.claimDue({ runId: `run-${day}`, nominal, selection: { kind: 'all' } });
      }
      const [first] = await store.deliveries.list({}, 1);
      await store.ledger.markCancelled(first?.id ?? '', ERROR);

      expect(first?.due_at).toBe('2026-11-23T08:00:00.000Z');
      const occurrences = async (filter: object) =>
        (await store.deliveries.list(filter, 10)).map((row) => `${row.notification_id} ${row.due_at.slice(8, 10)}`);
      expect(await occurrences({ notificationId: 'acme' })).toEqual(['acme 23', 'acme 22']);
      expect((await occurrences({ runId: 'run-22' })).toSorted()).toEqual(['acme 22', 'other 22']);
      expect(await occurrences({ states: ['cancelled'] })).toEqual([`${first?.notification_id} 23`]);
      expect(await occurrences({ states: ['cancelled', 'pending'] })).toHaveLength(4);
    });
  });
});
