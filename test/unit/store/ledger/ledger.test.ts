import { describe, expect, test } from 'vitest';
import {
  type Delivery,
  DELIVERY_STATES,
  type DeliveryState,
  LEGAL_MOVES,
  reportIdOf,
  type ThreadPost,
} from '../../../../src/domain/delivery.ts';
import { droppedThread } from '../../../../src/store/ledger/thread.ts';
import type { Store } from '../../../../src/store/open.ts';
import { isMissing, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const ERROR = { code: 'is_archived', message: 'is_archived' };
const MESSAGE = { text: 'hello', blocks: [{ type: 'divider' }] };
const TS = '1764000000.000100';

/** Every move of the ledger: where it may come from, where it leads, and whether its message has served then. */
const MOVES: Record<
  string,
  {
    act: (store: Store, id: string) => Promise<unknown>;
    from: DeliveryState[];
    to: DeliveryState;
    ends?: true;
    /** The message is made again. */
    drops?: true;
  }
> = {
  beginPosting: { act: ({ ledger }, id) => ledger.beginPosting(id), from: ['pending'], to: 'posting' },
  markPossiblyPosted: {
    act: ({ ledger }, id) => ledger.markPossiblyPosted(id, new Date()),
    from: ['pending'],
    to: 'posting',
  },
  releasePosting: { act: ({ ledger }, id) => ledger.releasePosting(id, 1, ERROR), from: ['posting'], to: 'pending' },
  recordNotFound: { act: ({ ledger }, id) => ledger.recordNotFound(id, 1), from: ['posting'], to: 'posting' },
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
  markFound: {
    act: ({ ledger }, id) => ledger.markFound(id, TS),
    from: ['unconfirmed'],
    to: 'delivered',
    ends: true,
  },
  markConfirmed: {
    act: ({ ledger }, id) => ledger.markConfirmed(id),
    from: ['unconfirmed'],
    to: 'delivered',
    ends: true,
  },
  markNotThere: {
    act: ({ ledger }, id) => ledger.markNotThere(id, 'failed', ERROR),
    from: ['unconfirmed'],
    to: 'failed',
    ends: true,
  },
  'markNotThere of a cancelled run': {
    act: ({ ledger }, id) => ledger.markNotThere(id, 'cancelled', ERROR),
    from: ['unconfirmed'],
    to: 'cancelled',
    ends: true,
  },
  markMissed: {
    act: ({ ledger }, id) => ledger.markMissed(id, ERROR),
    from: ['pending', 'parked', 'failed'],
    to: 'missed',
    ends: true,
  },
  revive: {
    act: ({ ledger }, id) => ledger.revive(id, 'another run'),
    from: ['parked', 'failed'],
    to: 'pending',
    drops: true,
  },
};

const FIRST_TEN = { from: 0, to: 10, size: 1, step: 1, offset: 0 };

const KINDS = ['report', 'thread_post'] as const;
type Kind = (typeof KINDS)[number];

/** One delivery in the wanted state, at its first attempt, with its message: a report, or a post under a delivered one. */
async function deliveryIn(
  store: Store,
  state: DeliveryState,
  {
    notificationId = 'acme',
    kind = 'report',
    message = JSON.stringify(MESSAGE),
  }: { notificationId?: string; kind?: Kind; message?: string | null } = {},
): Promise<string> {
  await store.notifications.add([rider(notificationId, 'weekdays')]);
  const selection = { kind: 'notifications' as const, ids: [notificationId] };
  await store.claims.claimDue({ dispatchId: notificationId, nominal: new Date('2026-11-23T08:00:00Z'), selection });
  const [report] = await store.deliveries.list({ notificationId }, 1);
  if (report === undefined) throw new Error('nothing was claimed');
  if (kind === 'report') return putIn(store, report.id, state, message);
  await store.ledger.saveMessage(report.id, { ...MESSAGE, thread: [MESSAGE] });
  await store.ledger.markDelivered(report.id, (await store.ledger.beginPosting(report.id)) ?? 0, TS);
  const [post] = await store.deliveries.thread(report.id);
  // It ended, so its report does not count it as open.
  if (state === 'unconfirmed') {
    await store.db.updateTable('deliveries').set({ thread_posts_open: 0 }).where('id', '=', report.id).execute();
  }
  return putIn(store, post?.id ?? '', state, message);
}

/** Put there as it is, since the database refuses to move a delivery into most states at once. */
async function putIn(store: Store, id: string, state: DeliveryState, message: string | null): Promise<string> {
  const row = await store.db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  await store.db.deleteFrom('deliveries').where('id', '=', id).execute();
  const message_ts = state === 'delivered' ? TS : null;
  await store.db
    .insertInto('deliveries')
    .values({ ...row, state, attempts: 1, message_ts, message })
    .execute();
  return id;
}

function snapshot(store: Store, id: string): Promise<Delivery | undefined> {
  return store.ledger.find(id);
}

function everything(store: Store) {
  return store.db.selectFrom('deliveries').selectAll().orderBy('id').execute();
}

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('the store', () => {
    describe.each(KINDS)('of a %s', (what) => {
      describe.each(Object.entries(MOVES))('%s', (_, { act, from, to, ends = false, drops = ends }) => {
        test.each(from)(
          `leads from %s to ${to}${drops ? ', and lets go of the message' : ', and keeps the message'}`,
          async (state) => {
            await using temporary = await temporaryStore(kind);
            const { store } = temporary;
            const id = await deliveryIn(store, state, { kind: what });
            expect(await act(store, id)).toBeTruthy();
            const delivery = await snapshot(store, id);
            expect(delivery?.state).toBe(to);
            expect(delivery?.finishedAt === undefined).toBe(!ends);
            expect(delivery?.message).toEqual(drops ? undefined : MESSAGE);
            expect(delivery?.log.map((entry) => entry.state)).toEqual(['pending', to]);
            const report = await snapshot(store, reportIdOf(id) ?? '');
            const open = report?.kind === 'report' ? report.threadPostsOpen : undefined;
            expect(open).toBe(what === 'report' ? undefined : ends ? 0 : 1);
          },
        );

        test('changes nothing in any other state, or of another delivery', async () => {
          await using temporary = await temporaryStore(kind);
          const { store } = temporary;
          for (const state of DELIVERY_STATES.filter((one) => !from.includes(one))) {
            const id = await deliveryIn(store, state, { notificationId: `in-${state}`, kind: what });
            const before = await everything(store);
            expect(await act(store, id), state).toBeFalsy();
            expect(await everything(store), state).toEqual(before);
          }
          const state = from[0] ?? 'pending';
          const bystander = await deliveryIn(store, state, { notificationId: 'bystander', kind: what });
          const before = await snapshot(store, bystander);
          await act(store, await deliveryIn(store, state, { notificationId: 'moved', kind: what }));
          expect(await act(store, 'no-such-delivery')).toBeFalsy();
          expect(await act(store, 'no-such-delivery.1')).toBeFalsy();
          expect(await snapshot(store, bystander)).toEqual(before);
        });
      });
    });

    test('a move that no method may make is refused by the database, whichever program tries', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const legal = new Set(LEGAL_MOVES.map(([from, to]) => `${from} ${to}`));
      for (const from of DELIVERY_STATES) {
        for (const to of DELIVERY_STATES.filter((state) => state !== from)) {
          const id = await deliveryIn(store, from, { notificationId: `${from}-${to}` });
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
      expect(released).toMatchObject({ error: { code: 'ratelimited' }, messageTs: undefined });
      expect(released?.error?.message).toHaveLength(1_000);

      const attempt = await store.ledger.beginPosting(id);
      await store.ledger.markDelivered(id, attempt ?? 0, TS);
      expect(await store.ledger.find(id)).toMatchObject({
        state: 'delivered',
        messageTs: TS,
        error: undefined,
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
      expect(await ledger.recordNotFound(id, 1)).toBe(false);
      expect(await snapshot(store, id)).toEqual(before);

      expect(await ledger.markDelivered(id, 2, TS)).toBe(true);
      expect((await ledger.find(id))?.messageTs).toBe(TS);
    });

    test('of two that begin to post at the same time one gets the attempt', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger } = temporary.store;
      const id = await deliveryIn(temporary.store, 'pending');
      const attempts = await Promise.all(Array.from({ length: 5 }, () => ledger.beginPosting(id)));
      expect(attempts.filter((attempt) => attempt !== undefined)).toEqual([2]);
    });

    test.each(['workspace', 'notification'] as const)('a post does not begin while its %s is parked', async (what) => {
      await using temporary = await temporaryStore(kind);
      const { ledger, parking } = temporary.store;
      const id = await deliveryIn(temporary.store, 'pending');
      await parking.park({ kind: what, id: what === 'workspace' ? 'sandbox' : 'acme' }, ERROR);
      expect(await ledger.beginPosting(id)).toBeUndefined();
      expect(await temporary.store.work.find(id)).toMatchObject({ delivery: { state: 'pending' }, parked: ERROR });
      await parking.release(what, what === 'workspace' ? 'sandbox' : 'acme');
      expect(await ledger.beginPosting(id)).toBe(2);
    });

    test('a delivery is parked together with its owner, and not at all if the owner was resumed meanwhile', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger, parking } = temporary.store;
      const id = await deliveryIn(temporary.store, 'pending');
      const owner = { kind: 'notification', id: 'acme' } as const;
      await parking.park(owner, ERROR);
      const [parked] = await parking.list();
      if (parked === undefined) throw new Error('it is not parked');
      await parking.release('notification', 'acme');
      expect(await ledger.parkWithOwner(id, parked)).toBe(false);
      expect(await ledger.find(id)).toMatchObject({ state: 'pending' });

      expect(await ledger.park(id, owner, ERROR)).toBe('parked');
      expect(await ledger.find(id)).toMatchObject({ state: 'parked', error: ERROR });
      expect(await parking.list()).toMatchObject([{ kind: 'notification', id: 'acme', ...ERROR }]);
    });

    test('absence counts when it was seen twice in the same attempt', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger } = temporary.store;
      const id = await deliveryIn(temporary.store, 'posting');
      expect(await ledger.recordNotFound(id, 1)).toBe(true);
      expect(await ledger.recordNotFound(id, 1)).toBe(false);
      await ledger.releasePosting(id, 1, ERROR);
      await ledger.beginPosting(id);
      expect(await ledger.recordNotFound(id, 2)).toBe(true);
    });

    test('an unconfirmed delivery is looked up again at growing intervals, a week at most, each time by one run', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger } = temporary.store;
      const id = await deliveryIn(temporary.store, 'posting');
      await ledger.markUnconfirmed(id, ERROR);
      const ended = Date.parse((await ledger.find(id))?.finishedAt ?? '');
      const at: number[] = [];
      for (let minute = 0; minute < 8 * 24 * 60; minute += 15) {
        const now = new Date(ended + minute * 60_000);
        if ((await ledger.takeRechecks(now, 10)).length === 0) continue;
        at.push(minute);
        expect(await ledger.takeRechecks(now, 10)).toEqual([]);
      }
      expect(at).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3840, 7680]);
    });

    test('an unconfirmed delivery that is settled is not looked up again', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const ways = {
        found: (id: string) => store.ledger.markFound(id, TS),
        confirmed: (id: string) => store.ledger.markConfirmed(id),
        absent: (id: string) => store.ledger.markNotThere(id, 'failed', ERROR),
        reopened: (id: string) => store.ledger.reopen(id, 'another run'),
      };
      for (const [notificationId, settle] of Object.entries(ways)) {
        const id = await deliveryIn(store, 'posting', { notificationId });
        await store.ledger.markUnconfirmed(id, ERROR);
        await settle(id);
        await store.ledger.recheckBy(id, new Date());
      }
      expect(await store.ledger.takeRechecks(new Date(Date.now() + 3_600_000), 10)).toEqual([]);
    });

    test('a confirmed delivery says that a person confirmed it, and has no time stamp of Slack', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger } = temporary.store;
      const id = await deliveryIn(temporary.store, 'unconfirmed');
      await ledger.markConfirmed(id);
      expect(await ledger.find(id)).toMatchObject({
        state: 'delivered',
        messageTs: undefined,
        error: { code: 'confirmed', message: 'A person confirmed that it is there' },
      });
    });

    test('an unconfirmed report is reopened for another run, to be looked up before it is posted', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const { ledger } = store;
      const id = await deliveryIn(store, 'posting');
      const { postingAt } = (await ledger.find(id)) ?? {};
      await ledger.recordNotFound(id, 1);
      await ledger.markUnconfirmed(id, ERROR);
      expect(await ledger.reopen(id, 'another run')).toBe(true);
      expect(await ledger.find(id)).toMatchObject({
        state: 'posting',
        dispatchId: 'another run',
        attempts: 1,
        postingAt,
        absentAt: undefined,
        finishedAt: undefined,
      });
      const post = await deliveryIn(store, 'unconfirmed', { notificationId: 'thread', kind: 'thread_post' });
      expect(await ledger.reopen(post, 'another run'), 'the text of a thread post is gone').toBe(false);
      for (const state of DELIVERY_STATES.filter((one) => one !== 'unconfirmed')) {
        expect(await ledger.reopen(await deliveryIn(store, state, { notificationId: state }), 'run'), state).toBe(
          false,
        );
      }
    });

    test('the thread of a report that may be missing is dropped, and noted once the report is there', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const { ledger } = store;
      const id = await deliveryIn(store, 'pending', { message: null });
      await ledger.saveMessage(id, { ...MESSAGE, thread: [MESSAGE, MESSAGE] });
      await ledger.beginPosting(id);
      await ledger.markUnconfirmed(id, ERROR);
      expect(await store.deliveries.thread(id)).toEqual([]);
      const unconfirmed = await ledger.find(id);
      const dropped = { code: 'thread_incomplete', message: 'Its thread of 2 posts was not sent' };
      expect(unconfirmed && droppedThread(unconfirmed)).toEqual(dropped);
      await ledger.markFound(id, TS, dropped);
      expect(await ledger.find(id)).toMatchObject({ state: 'delivered', messageTs: TS, error: dropped });
    });

    test('a thread post that is found later makes its report complete', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const id = await deliveryIn(store, 'posting', { kind: 'thread_post' });
      const report = () => store.ledger.find(reportIdOf(id) ?? '');
      await store.ledger.markUnconfirmed(id, ERROR);
      expect(await report()).toMatchObject({ error: { code: 'thread_incomplete' }, threadPostsOpen: 0 });
      await store.ledger.markFound(id, TS);
      expect(await report()).toMatchObject({ state: 'delivered', error: undefined, threadPostsOpen: 0 });
    });

    test('the first message that is kept stays, with its thread', async () => {
      await using temporary = await temporaryStore(kind);
      const { ledger, deliveries } = temporary.store;
      const id = await deliveryIn(temporary.store, 'pending', { message: null });
      expect(await ledger.saveMessage(id, { ...MESSAGE, thread: [MESSAGE] })).toBe(true);
      expect(await ledger.saveMessage(id, { text: 'second', blocks: [] })).toBe(false);
      expect(await ledger.find(id)).toMatchObject({ message: MESSAGE, threadPosts: 1 });
      expect(await deliveries.thread(id)).toHaveLength(1);
    });

    test('the last delivered occurrence before an instant is the newest of its notification', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('acme', 's'), rider('other', 's')]);
      for (const [index, day] of ['20', '21', '22', '23'].entries()) {
        const nominal = new Date(`2026-11-${day}T08:00:00Z`);
        await store.claims.claimDue({ dispatchId: `run-${day}`, nominal, selection: { kind: 'all' } });
        for (const { id, notificationId } of await store.claims.listPartition(`run-${day}`, FIRST_TEN)) {
          const attempt = await store.ledger.beginPosting(id);
          if (notificationId === 'other' || index < 2) await store.ledger.markDelivered(id, attempt ?? 0, TS);
          else await store.ledger.markFailed(id, ERROR, attempt);
        }
      }
      const since = async (day: string) => {
        const occurrence = `2026-11-${day}T08:00:00Z`;
        const [row] = await store.deliveries.list({ notificationId: 'acme', occurrence }, 1);
        return (await store.work.find(row?.id ?? ''))?.since?.toISOString();
      };
      expect(await since('23')).toBe('2026-11-21T08:00:00.000Z');
      expect(await since('21')).toBe('2026-11-20T08:00:00.000Z');
      expect(await since('20')).toBeUndefined();
    });

    test('the list is the newest first, and only what was asked for', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([rider('acme', 's'), rider('other', 's')]);
      for (const day of ['22', '23']) {
        const nominal = new Date(`2026-11-${day}T08:00:00Z`);
        await store.claims.claimDue({ dispatchId: `run-${day}`, nominal, selection: { kind: 'all' } });
      }
      const [first] = await store.deliveries.list({}, 1);
      await store.ledger.markCancelled(first?.id ?? '', ERROR);

      expect(first?.dueAt).toBe('2026-11-23T08:00:00.000Z');
      const occurrences = async (filter: object) =>
        (await store.deliveries.list(filter, 10)).map((row) => `${row.notificationId} ${row.dueAt.slice(8, 10)}`);
      expect(await occurrences({ notificationId: 'acme' })).toEqual(['acme 23', 'acme 22']);
      expect((await occurrences({ dispatchId: 'run-22' })).toSorted()).toEqual(['acme 22', 'other 22']);
      expect(await occurrences({ states: ['cancelled'] })).toEqual([`${first?.notificationId} 23`]);
      expect(await occurrences({ states: ['cancelled', 'pending'] })).toHaveLength(4);
    });
  });

  describe.skipIf(isMissing(kind))('the thread of a report', () => {
    test('has rows of its own that no list, count or claim of reports shows', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const { id } = await deliveredWithThread(store, 2);
      expect((await store.deliveries.list({}, 10)).map((delivery) => delivery.id)).toEqual([id]);
      expect(await store.deliveries.countByState({})).toEqual({ delivered: 1 });
      expect(await store.claims.listPartition('run', FIRST_TEN)).toHaveLength(1);
      const request = {
        dispatchId: 'again',
        nominal: new Date(),
        selection: { kind: 'due' as const, schedule: null },
        endedRuns: ['run'],
      };
      expect(await store.claims.claimDue(request)).toMatchObject({ due: 1 });
      expect(await store.claims.listPartition('again', FIRST_TEN)).toMatchObject([{ id }]);
    });

    test('speaks for its own attempt only, and no post for another', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const { first, second } = await deliveredWithThread(store, 2);
      const { ledger } = store;
      expect(await ledger.beginPosting(first.id)).toBe(1);
      expect(await ledger.beginPosting(first.id)).toBeUndefined();
      await ledger.releasePosting(first.id, 1, ERROR);
      expect(await ledger.beginPosting(first.id)).toBe(2);
      expect(await ledger.markDelivered(first.id, 1, TS)).toBe(false);
      expect(await ledger.markDelivered(first.id, 2, TS)).toBe(true);
      expect(await ledger.find(second.id)).toEqual(second);
    });

    test('sums up in its report, which stays delivered, when its last post has ended; then its files have served', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const { id, first, second } = await deliveredWithThread(store, 2);
      await store.ledger.markFailed(first.id, ERROR);
      expect(await store.ledger.find(id)).toMatchObject({ state: 'delivered', error: undefined, threadPostsOpen: 1 });
      expect(await store.files.list(id)).toMatchObject([{ file: { text: 'a' } }]);
      await store.ledger.markDelivered(second.id, (await store.ledger.beginPosting(second.id)) ?? 0, TS);
      const report = await store.ledger.find(id);
      const message = '1 of 2 thread posts failed: is_archived';
      expect(report).toMatchObject({ state: 'delivered', error: { code: 'thread_incomplete', message } });
      expect(report?.log.at(-1)).toMatchObject({ state: 'delivered', message });
      expect(await store.files.list(id)).toMatchObject([{ file: undefined }]);
    });

    test('is not posted before its report is', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const id = await deliveryIn(store, 'pending', { message: null });
      await store.ledger.saveMessage(id, { ...MESSAGE, thread: [MESSAGE] });
      const [post] = await store.deliveries.thread(id);
      expect(await store.ledger.beginPosting(post?.id ?? '')).toBeUndefined();
      expect(await store.work.find(post?.id ?? '')).toMatchObject({ threadTs: undefined });
      await store.ledger.markDelivered(id, (await store.ledger.beginPosting(id)) ?? 0, TS);
      expect(await store.work.find(post?.id ?? '')).toMatchObject({ threadTs: TS });
      expect(await store.ledger.beginPosting(post?.id ?? '')).toBe(1);
    });

    test.each([
      ['failed', (store: Store, id: string) => store.ledger.markFailed(id, ERROR)],
      ['cancelled with its run', (store: Store) => store.ledger.cancelPending('acme', ERROR, 10)],
    ])('is dropped with a report that %s', async (_, end) => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const id = await deliveryIn(store, 'pending', { message: null });
      await store.ledger.saveMessage(id, {
        ...MESSAGE,
        thread: [MESSAGE],
        files: [{ name: 'a', title: 'a', text: 'a' }],
      });
      expect(await end(store, id)).toBeTruthy();
      expect(await store.ledger.find(id)).toMatchObject({ threadPosts: 0, threadPostsOpen: 0, files: 0 });
      expect([await store.deliveries.thread(id), await store.files.list(id)]).toEqual([[], []]);
    });

    test('is dropped when its report is given to another run, and made again with it', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const id = await deliveryIn(store, 'pending', { message: null });
      await store.ledger.saveMessage(id, { ...MESSAGE, thread: [MESSAGE] });
      await store.ledger.markParked(id, ERROR);
      expect(await store.deliveries.thread(id)).toMatchObject([{ threadNr: 1, state: 'pending', message: MESSAGE }]);
      await store.ledger.revive(id, 'another run');
      expect(await store.deliveries.thread(id)).toEqual([]);
      expect(await store.ledger.saveMessage(id, { ...MESSAGE, thread: [MESSAGE, MESSAGE] })).toBe(true);
      expect(await store.deliveries.thread(id)).toHaveLength(2);
      await store.ledger.markFailed(id, ERROR);
      await store.ledger.revive(id, 'a third run');
      await store.ledger.saveMessage(id, { ...MESSAGE, thread: [MESSAGE] });
      expect(await store.deliveries.thread(id)).toMatchObject([{ threadNr: 1, state: 'pending' }]);
    });

    test('keeps its report open for the next tick when its run is over', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const { id, first, second } = await deliveredWithThread(store, 2);
      const old = '2026-11-23T08:00:00.000Z';
      await store.db.updateTable('deliveries').set({ claimed_at: old, not_before: old }).execute();
      expect(await store.claims.stalledDispatches()).toEqual(['run']);
      const request = {
        dispatchId: 'tick',
        nominal: new Date(),
        selection: { kind: 'due' as const, schedule: null },
        endedRuns: ['run'],
      };
      expect(await store.claims.claimDue(request)).toMatchObject({ due: 1 });
      expect(await store.claims.listPartition('tick', FIRST_TEN)).toMatchObject([{ id }]);
      expect((await store.ledger.find(id))?.lateReason, 'its report was in time').toBeUndefined();
      expect(await store.work.find(first.id)).toMatchObject({ delivery: { dispatchId: 'tick' } });
      for (const post of [first, second]) await store.ledger.markFailed(post.id, ERROR);
      expect(await store.claims.listPartition('tick', FIRST_TEN)).toEqual([]);
    });
  });
});

/** A delivered report with a thread, none of which is posted, and a file. */
async function deliveredWithThread(store: Store, posts: number) {
  await store.notifications.add([rider('acme', 'weekdays')]);
  const nominal = new Date('2026-11-23T08:00:00Z');
  await store.claims.claimDue({ dispatchId: 'run', nominal, selection: { kind: 'notifications', ids: ['acme'] } });
  const [report] = await store.deliveries.list({}, 1);
  const id = report?.id ?? '';
  const thread = Array.from({ length: posts }, () => MESSAGE);
  await store.ledger.saveMessage(id, { ...MESSAGE, thread, files: [{ name: 'a.csv', title: 'A', text: 'a' }] });
  await store.ledger.markDelivered(id, (await store.ledger.beginPosting(id)) ?? 0, TS);
  const [first, second] = (await store.deliveries.thread(id)) as [ThreadPost, ThreadPost];
  return { id, first, second };
}
