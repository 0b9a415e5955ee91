import { describe, expect, test } from 'vitest';
import { readLog } from '../../src/store/delivery-log.ts';
import type { Store } from '../../src/store/open.ts';
import type { Part } from '../../src/store/parts.ts';
import { PART_STATES, type PartState } from '../../src/store/schema.ts';
import { isMissing, rider, STORE_KINDS, type StoreKind, temporaryStore } from '../support/store.ts';

const ERROR = { code: 'is_archived', message: 'is_archived' };
const POST = { text: 'detail', blocks: [{ type: 'divider' }] };
const TS = '1764000000.000100';

/** Every move of a part: where it may come from, and where it leads. */
const MOVES: [name: string, act: (store: Store, part: Part) => Promise<unknown>, from: PartState, to: PartState][] = [
  ['beginPosting', ({ parts }, part) => parts.beginPosting(part), 'pending', 'posting'],
  ['doubt', ({ parts }, part) => parts.doubt(part, new Date()), 'pending', 'posting'],
  ['releasePosting', ({ parts }, part) => parts.releasePosting(part, 1, ERROR), 'posting', 'pending'],
  ['sawAbsence', ({ parts }, part) => parts.sawAbsence(part), 'posting', 'posting'],
  ['markDelivered', ({ parts }, part) => parts.markDelivered(part, 1, TS), 'posting', 'delivered'],
  ['markFailed of what Slack refused', ({ parts }, part) => parts.markFailed(part, ERROR, 1), 'posting', 'failed'],
  ['markFailed of what Slack never saw', ({ parts }, part) => parts.markFailed(part, ERROR), 'pending', 'failed'],
  ['markUnconfirmed', ({ parts }, part) => parts.markUnconfirmed(part, ERROR), 'posting', 'unconfirmed'],
];

/** A delivery with a thread of `posts` and a file. */
async function withThread(store: Store, posts: number): Promise<string> {
  await store.notifications.add([rider('acme', 'weekdays')]);
  const nominal = new Date('2026-11-23T08:00:00Z');
  await store.claims.claimDue({ runId: 'run', nominal, selection: { kind: 'notifications', ids: ['acme'] } });
  const [row] = await store.deliveries.list({ notificationId: 'acme' }, 1);
  if (row === undefined) throw new Error('nothing was claimed');
  const thread = Array.from({ length: posts }, () => POST);
  await store.ledger.saveMessage(row.id, { ...POST, thread, files: [{ name: 'a.csv', title: 'A', text: 'a' }] });
  return row.id;
}

/** A delivery that was delivered, with what is open of its thread. */
async function delivered<Posts extends Part[]>(kind: StoreKind, posts: Posts['length']) {
  const opened = await temporaryStore(kind);
  const { store } = opened;
  const id = await withThread(store, posts);
  await store.ledger.markDelivered(id, (await store.ledger.beginPosting(id)) ?? 0, TS);
  return { ...opened, id, thread: (await store.parts.list(id)) as Posts };
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
  const testHere = test.skipIf(isMissing(kind));

  testHere('move where they may and nowhere else; an end is one', async () => {
    await using opened = await delivered<[Part]>(kind, 1);
    const { store, id } = opened;
    for (const [name, act, from, to] of MOVES) {
      const ends = to !== 'pending' && to !== 'posting';
      for (const state of PART_STATES) {
        await store.db.updateTable('deliveries').set({ parts_open: 1 }).execute();
        const part = await partIn(store, id, 1, state);
        const done = await act(store, part);
        const after = await store.parts.find(id, 1);
        expect(after?.state, `${name} from ${state}`).toBe(state === from ? to : state);
        expect(Boolean(done), `${name} from ${state}`).toBe(state === from);
        if (state === from) expect(after?.message === null, name).toBe(ends);
        const open = (await store.ledger.find(id))?.parts_open;
        expect(open, `${name} from ${state}`).toBe(state === from && ends ? 0 : 1);
      }
    }
    const final = await partIn(store, id, 1, 'delivered');
    const again = store.db.updateTable('delivery_parts').set({ state: 'pending', message_ts: null });
    await expect(again.where('nr', '=', final.nr).execute()).rejects.toThrow(/illegal move/);
  });

  testHere('speak for their own attempt only, and for one that nobody else has', async () => {
    await using opened = await delivered<[Part, Part]>(kind, 2);
    const { store, id, thread } = opened;
    const [first, second] = thread;
    expect(await store.parts.beginPosting(first)).toBe(1);
    expect(await store.parts.beginPosting(first)).toBeUndefined();
    await store.parts.releasePosting(first, 1, ERROR);
    expect(await store.parts.beginPosting(first)).toBe(2);
    expect(await store.parts.markDelivered(first, 1, TS)).toBe(false);
    expect(await store.parts.markDelivered(first, 2, TS)).toBe(true);
    expect(await store.parts.find(id, 2)).toEqual(second);
  });

  testHere('leave a note at a delivery that stays delivered, and nothing that was in a file', async () => {
    await using opened = await delivered<[Part, Part]>(kind, 2);
    const { store, id, thread } = opened;
    const [first, second] = thread;
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
  });

  testHere('are gone with a delivery that was not delivered, and made anew by a redrive', async () => {
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
  });

  testHere('keep their delivery open for the next tick, when their run is over', async () => {
    await using opened = await delivered<[Part]>(kind, 1);
    const { store, id, thread } = opened;
    const old = '2026-11-23T08:00:00.000Z';
    await store.db.updateTable('deliveries').set({ claimed_at: old, not_before: old }).execute();
    expect(await store.claims.stalledDispatches()).toEqual(['run']);
    const request = {
      runId: 'tick',
      nominal: new Date(),
      selection: { kind: 'due' as const, schedule: null },
      endedRuns: ['run'],
    };
    expect(await store.claims.claimDue(request)).toMatchObject({ due: 1 });
    expect(await store.claims.share('tick', { from: 0, to: 10, stride: 1, first: 0 })).toMatchObject([{ id }]);
    await store.parts.markFailed(thread[0], ERROR);
    expect(await store.claims.share('tick', { from: 0, to: 10, stride: 1, first: 0 })).toEqual([]);
  });
});
