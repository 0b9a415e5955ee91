import type { Insertable } from 'kysely';
import { describe, expect, test } from 'vitest';
import { deliveryId } from '../../../../src/domain/occurrence.ts';
import type { DeliveryRow } from '../../../../src/store/schema.ts';
import type { Store } from '../../../../src/store/open.ts';
import { isMissing, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const DAY_MS = 86_400_000;
const CUTOFF = new Date('2026-06-01T00:00:00.000Z');
const OLD = '2026-01-05T08:00:00.000Z';

type Fields = Partial<Insertable<DeliveryRow>> & { occurrence: string };

function row(notification: string, { occurrence, ...fields }: Fields): Insertable<DeliveryRow> {
  const state = fields.state ?? 'delivered';
  return {
    id: deliveryId(notification, occurrence),
    notification_id: notification,
    occurrence,
    name: notification,
    account: 'acme',
    report: 'account-activity',
    params: '{}',
    workspace_id: 'sandbox',
    channel: 'C0ACME',
    dispatch_id: 'run',
    due_at: OLD,
    not_before: OLD,
    claimed_at: OLD,
    finished_at: OLD,
    state,
    message_ts: state === 'delivered' ? '1.1' : null,
    thread_nr: 0,
    thread_posts: 0,
    thread_posts_open: 0,
    files: 0,
    parent_id: null,
    log: '',
    ...fields,
  };
}

async function insert(store: Store, ...rows: Insertable<DeliveryRow>[]): Promise<void> {
  await store.db.insertInto('deliveries').values(rows).execute();
}

/** What is left, by occurrence. */
async function left(store: Store): Promise<string[]> {
  const rows = await store.db.selectFrom('deliveries').select('occurrence').where('thread_nr', '=', 0).execute();
  return rows.map(({ occurrence }) => occurrence).toSorted();
}

describe.each(STORE_KINDS)('pruning on %s', (kind) => {
  test.skipIf(isMissing(kind))('keeps what is open, keyed, the last delivered, or younger', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await store.notifications.add([rider('weekly', 's')]);
    const inMarch = { due_at: '2026-03-02T08:00:00.000Z' };
    await insert(
      store,
      row('weekly', { occurrence: 'first' }),
      row('weekly', { occurrence: 'last delivered', ...inMarch }),
      row('weekly', { occurrence: 'test:C0OPS:later', due_at: '2026-04-02T08:00:00.000Z' }),
      row('weekly', { occurrence: 'failed after it', state: 'failed', due_at: '2026-05-02T08:00:00.000Z' }),
      row('weekly', { occurrence: 'missed', state: 'missed' }),
      row('weekly', { occurrence: 'pending', state: 'pending', finished_at: null }),
      row('weekly', { occurrence: 'posting', state: 'posting', finished_at: null }),
      row('weekly', { occurrence: 'parked', state: 'parked', finished_at: null }),
      row('weekly', { occurrence: 'its thread is open', thread_posts: 1, thread_posts_open: 1 }),
      row('weekly', { occurrence: 'key:invoice-1' }),
      row('weekly', { occurrence: 'key:invoice-1~2026-01-06T08:00:00Z' }),
      row('weekly', { occurrence: 'claimed by a backfill', claimed_at: '2026-06-02T08:00:00.000Z' }),
      row('weekly', { occurrence: 'redriven', finished_at: '2026-06-02T08:00:00.000Z' }),
      row('weekly', { occurrence: 'young', state: 'failed', due_at: CUTOFF.toISOString() }),
      row('a removed one', { occurrence: 'of a one-off' }),
    );
    const plan = await store.prune({ before: CUTOFF, dryRun: true });
    expect(plan).toEqual({
      before: CUTOFF.toISOString(),
      deleted: 5,
      kept: { open: 4, keyed: 2, last: 1, recent: 2 },
      done: true,
    });
    expect(await left(store)).toHaveLength(15);
    expect(await store.milestones.at('pruned_until')).toBeUndefined();

    expect(await store.prune({ before: CUTOFF })).toEqual(plan);
    expect(await left(store)).toEqual(
      [
        'last delivered',
        'pending',
        'posting',
        'parked',
        'its thread is open',
        'key:invoice-1',
        'key:invoice-1~2026-01-06T08:00:00Z',
        'claimed by a backfill',
        'redriven',
        'young',
      ].toSorted(),
    );
    expect(await store.milestones.at('pruned_until')).toEqual(CUTOFF);
    expect(await store.work.since('weekly', CUTOFF)).toEqual(new Date(inMarch.due_at));
  });

  test.skipIf(isMissing(kind))('deletes the posts of a thread and the files with their report', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    const report = row('gone', { occurrence: 'with a thread', thread_posts: 1, files: 1 });
    const post = { ...report, id: `${report.id}.1`, parent_id: report.id, thread_nr: 1 };
    await insert(store, report, post);
    await store.db.insertInto('delivery_files').values({ delivery_id: report.id, nr: 0 }).execute();
    expect(await store.prune({ before: CUTOFF })).toMatchObject({ deleted: 1 });
    for (const table of ['deliveries', 'delivery_files'] as const) {
      expect(await store.db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });

  test.skipIf(isMissing(kind))('goes through many pages, and goes on after it was stopped', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    const rows = Array.from({ length: 1_200 }, (_, n) => {
      const dueAt = new Date(CUTOFF.getTime() - DAY_MS - Math.floor(n / 7) * 1_000).toISOString();
      return row(`n${n}`, { occurrence: 'old', due_at: dueAt });
    });
    for (let from = 0; from < rows.length; from += 400) await insert(store, ...rows.slice(from, from + 400));
    const stop = new AbortController();
    const first = await store.prune({ before: CUTOFF, signal: stop.signal, onPage: () => stop.abort() });
    expect(first.done).toBe(false);
    expect(first.deleted).toBeGreaterThan(0);
    expect(await store.prune({ before: CUTOFF })).toMatchObject({ deleted: 1_200 - first.deleted, done: true });
    expect(await left(store)).toEqual([]);
  });
});
