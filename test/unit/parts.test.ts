import { describe, expect, test } from 'vitest';
import { readLog } from '../../src/store/delivery-log.ts';
import type { Store } from '../../src/store/open.ts';
import type { Part } from '../../src/store/parts.ts';
import { PART_STATES, type PartState } from '../../src/store/schema.ts';
import { isMissing, rider, STORE_KINDS, temporaryStore } from '../support/store.ts';

const ERROR = { code: 'is_archived', message: 'is_archived' };
const POST = { text: 'detail', blocks: [{ type: 'divider' }] };
const TS = '1764000000.000100';

/** Every move of a part: where it may come from, where it leads, and whether that is an end. */
const MOVES: Record<
  string,
  { act: (store: Store, part: Part) => Promise<unknown>; from: PartState; to: PartState; ends?: true }
> = {
  beginPosting: { act: ({ parts }, part) => parts.beginPosting(part), from: 'pending', to: 'posting' },
  releasePosting: { act: ({ parts }, part) => parts.releasePosting(part, 1, ERROR), from: 'posting', to: 'pending' },
  doubt: { act: ({ parts }, part) => parts.doubt(part, new Date()), from: 'pending', to: 'posting' },
  sawAbsence: { act: ({ parts }, part) => parts.sawAbsence(part), from: 'posting', to: 'posting' },
  markDelivered: {
    act: ({ parts }, part) => parts.markDelivered(part, 1, TS),
    from: 'posting',
    to: 'delivered',
    ends: true,
  },
  'markFailed of what Slack refused': {
    act: ({ parts }, part) => parts.markFailed(part, ERROR, 1),
    from: 'posting',
    to: 'failed',
    ends: true,
  },
  'markFailed of what Slack never saw': {
    act: ({ parts }, part) => parts.markFailed(part, ERROR),
    from: 'pending',
    to: 'failed',
    ends: true,
  },
  markUnconfirmed: {
    act: ({ parts }, part) => parts.markUnconfirmed(part, ERROR),
    from: 'posting',
    to: 'unconfirmed',
    ends: true,
  },
};

/** A delivery with a thread of `posts` and a file. */
async function withThread(store: Store, posts: number): Promise<string> {
  await store.notifications.add([rider('acme', 'weekdays')]);
  const nominal = new Date('2026-11-23T08:00:00Z');
  await store.claims.claimDue({ runId: 'run', nominal, selection: { notifications: ['acme'] } });
  const [row] = await store.deliveries.list({ notificationId: 'acme' }, 1);
  if (row === undefined) throw new Error('nothing was claimed');
  const thread = Array.from({ length: posts }, () => POST);
  await store.ledger.saveMessage(row.id, { ...POST, thread, files: [{ name: 'a.csv', title: 'A', text: 'a' }] });
  return row.id;
}

async function deliver(store: Store, id: string): Promise<void> {
  const attempt = (await store.ledger.beginPosting(id)) ?? 0;
  await store.ledger.markDelivered(id, attempt, TS);
}

async function partIn(store: Store, id: string, nr: number, state: PartState): Promise<Part> {
  // Put there as it is, since the database refuses to move a part into most states at once.
  await store.db.deleteFrom('delivery_parts').where('delivery_id', '=', id).where('nr', '=', nr).execute();
  const message_ts = state === 'delivered' ? TS : null;
  const row = { delivery_id: id, nr, state, attempts: 1, message_ts, message: JSON.stringify(POST) };
  await store.db.insertInto('delivery_parts').values(row).execute();
  const part = await store.parts.find(id, nr);
  if (part === undefined) throw new Error('there is no such part');
  return part;
}

describe.each(STORE_KINDS)('the posts of a thread, %s', (kind) => {
  test.skipIf(isMissing(kind))('move where they may and nowhere else; an end is one', async () => {
    await using opened = await temporaryStore(kind);
    const { store } = opened;
    const id = await withThread(store, 1);
    await deliver(store, id);
    for (const [name, { act, from, to, ends }] of Object.entries(MOVES)) {
      for (const state of PART_STATES) {
        await store.db.updateTable('deliveries').set({ parts_open: 1 }).execute();
        const part = await partIn(store, id, 1, state);
        const done = await act(store, part);
        const after = await store.parts.find(id, 1);
        expect(after?.state, `${name} from ${state}`).toBe(state === from ? to : state);
        expect(Boolean(done), `${name} from ${state}`).toBe(state === from);
        if (state === from) expect(after?.message === null, name).toBe(ends === true);
        const open = (await store.ledger.find(id))?.parts_open;
        expect(open, `${name} from ${state}`).toBe(state === from && ends === true ? 0 : 1);
      }
    }
    const final = await partIn(store, id, 1, 'delivered');
    const again = store.db.updateTable('delivery_parts').set({ state: 'pending', message_ts: null });
    await expect(again.where('nr', '=', final.nr).execute()).rejects.toThrow(/illegal move/);
  });

  test.skipIf(isMissing(kind))('speak for their own attempt only, and for one that nobody else has', async () => {
    await using opened = await temporaryStore(kind);
    const { store } = opened;
    const id = await withThread(store, 2);
    await deliver(store, id);
    const [first, second] = await store.parts.list(id);
    if (first === undefined || second === undefined) throw new Error('the thread is not there');
    expect(await store.parts.beginPosting(first)).toBe(1);
    expect(await store.parts.beginPosting(first)).toBeUndefined();
    await store.parts.releasePosting(first, 1, ERROR);
    expect(await store.parts.beginPosting(first)).toBe(2);
    expect(await store.parts.markDelivered(first, 1, TS)).toBe(false);
    expect(await store.parts.markDelivered(first, 2, TS)).toBe(true);
    expect(await store.parts.find(id, 2)).toEqual(second);
  });

  test.skipIf(isMissing(kind))(
    'leave a note at a delivery that stays delivered, and nothing that was in a file',
    async () => {
      await using opened = await temporaryStore(kind);
      const { store } = opened;
      const id = await withThread(store, 2);
      await deliver(store, id);
      const [first, second] = await store.parts.list(id);
      if (first === undefined || second === undefined) throw new Error('the thread is not there');
      await store.parts.markFailed(first, ERROR);
      expect(await store.ledger.find(id)).toMatchObject({ state: 'delivered', error_code: null, parts_open: 1 });
      expect(await store.files.list(id)).toMatchObject([{ file: { text: 'a' } }]);
      await store.parts.beginPosting(second);
      await store.parts.markDelivered(second, 1, TS);
      const ended = await store.ledger.find(id);
      const note = '1 of 2 thread posts failed: is_archived';
      expect(ended).toMatchObject({ state: 'delivered', error_code: 'thread_incomplete', error_message: note });
      expect(ended && readLog(ended).at(-1)).toMatchObject({ state: 'delivered', message: note });
      expect(await store.files.list(id)).toMatchObject([{ file: undefined }]);
    },
  );

  test.skipIf(isMissing(kind))(
    'are gone with a delivery that was not delivered, and made anew by a redrive',
    async () => {
      await using opened = await temporaryStore(kind);
      const { store } = opened;
      const id = await withThread(store, 2);
      await store.ledger.markFailed(id, ERROR);
      expect(await store.ledger.find(id)).toMatchObject({ parts: 0, parts_open: 0, files: 0 });
      expect([await store.parts.list(id), await store.files.list(id)]).toEqual([[], []]);
      await store.ledger.revive(id, 'another run');
      await store.ledger.saveMessage(id, { ...POST, thread: [POST] });
      expect(await store.parts.list(id)).toMatchObject([{ nr: 1, state: 'pending' }]);
      expect(await store.ledger.find(id)).toMatchObject({ parts: 1, parts_open: 1, files: 0 });
    },
  );

  test.skipIf(isMissing(kind))('keep their delivery open for the next tick, when their run is over', async () => {
    await using opened = await temporaryStore(kind);
    const { store } = opened;
    const id = await withThread(store, 1);
    await deliver(store, id);
    const old = '2026-11-23T08:00:00.000Z';
    await store.db.updateTable('deliveries').set({ claimed_at: old, not_before: old }).execute();
    expect(await store.claims.doubtfulRuns()).toEqual(['run']);
    const request = { runId: 'tick', nominal: new Date(), selection: { schedule: null }, endedRuns: ['run'] };
    expect(await store.claims.claimDue(request)).toMatchObject({ due: 1 });
    expect(await store.claims.share('tick', { from: 0, to: 10, stride: 1, first: 0 })).toMatchObject([{ id }]);
    const [part] = await store.parts.list(id);
    if (part === undefined) throw new Error('the thread is not there');
    await store.parts.markFailed(part, ERROR);
    expect(await store.claims.share('tick', { from: 0, to: 10, stride: 1, first: 0 })).toEqual([]);
  });
});
