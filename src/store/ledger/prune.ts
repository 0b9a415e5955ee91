import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { DeliveryState } from '../../domain/delivery.ts';
import { isKeyed, LIKE_TEST } from '../../domain/occurrence.ts';
import { milestones } from '../milestones.ts';
import { type Database, IS_REPORT } from '../schema.ts';

/**
 * Reports looked at in one page, at first and at most. SQLite deletes on the thread that posts, so a page there has as many as take
 * `holdMs`, in milliseconds; a Postgres works on its own.
 */
const PAGE = {
  sqlite: { first: 40, max: 500, holdMs: 5 },
  postgres: { first: 500, max: 500, holdMs: 500 },
} as const;
const PAGE_MIN = 10;

/**
 * After a page, pruning rests this many times as long as the page took: it uses a tenth of the store's time. The time is that on its
 * connection: next to a worker that posts as fast as it can, most of the time of a page is the wait for its turn.
 */
const REST = 9;
/** The longest rest, in milliseconds. */
const REST_MAX_MS = 5_000;

/** What nothing moves any more. A parked report waits for `resume`, however old it is. */
const ENDED: readonly DeliveryState[] = ['delivered', 'failed', 'unconfirmed', 'missed', 'skipped', 'cancelled'];

export interface PruneOptions {
  /** What was due, claimed and ended before this goes. */
  before: Date;
  /** Counts what would go, and deletes nothing. */
  dryRun?: boolean;
  /** Stops after the page at hand; the next call goes on. */
  signal?: AbortSignal | undefined;
  onPage?: (soFar: Pruned) => void;
}

/** Reports; the posts of their threads go and stay with them. */
export interface Pruned {
  /** ISO 8601 UTC. */
  before: string;
  deleted: number;
  /** Due before it, and kept: why. */
  kept: {
    /** Something is still to be posted. */
    open: number;
    /** Sent for a key, which never stands for another send. */
    keyed: number;
    /** The last delivered report of a notification: the next one's `since`. */
    last: number;
    /** Claimed or ended later, as by a backfill. */
    recent: number;
  };
  /** False where it was stopped before the end. */
  done: boolean;
}

/**
 * Deletes old reports from the ledger, a small page a transaction in the order of the index by due time, and rests between pages.
 * Keeps what "once" is kept by: open reports, keys, and the last delivered one of each notification. What it deletes a backfill
 * of that time would send again, so it first notes how far it goes: `pruned_until`.
 * @example await store.prune({ before: new Date(Date.now() - 180 * 86_400_000) });
 */
export async function prune(db: Kysely<Database>, options: PruneOptions): Promise<Pruned> {
  const { before, dryRun = false, signal, onPage } = options;
  const until = before.toISOString();
  const { first, max, holdMs } = PAGE[db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite'];
  const pruned: Pruned = { before: until, deleted: 0, kept: { open: 0, keyed: 0, last: 0, recent: 0 }, done: false };
  if (!dryRun) await milestones(db).reach('pruned_until', before);
  const isStopped = () => signal?.aborted === true;
  let limit: number = first;
  for (let last: Candidate | undefined; !isStopped();) {
    const after = last;
    const { page, took } = await db.connection().execute(async (connection) => {
      const began = performance.now();
      const rows = await readPage(connection, { until, last: after, limit });
      const gone: string[] = [];
      for (const row of rows) {
        const why = keptBecause(row, until);
        if (why === undefined) gone.push(row.id);
        else pruned.kept[why] += 1;
      }
      pruned.deleted += dryRun ? gone.length : await deletePage(connection, gone);
      return { page: rows, took: performance.now() - began };
    });
    onPage?.(pruned);
    if (page.length < limit) return { ...pruned, done: true };
    last = page.at(-1);
    limit = Math.round(Math.min(max, Math.max(PAGE_MIN, (limit * holdMs) / Math.max(took, 0.1))));
    await sleep(Math.min(REST_MAX_MS, Math.max(1, REST * took)));
  }
  return pruned;
}

interface Candidate {
  id: string;
  due_at: string;
  state: DeliveryState;
  occurrence: string;
  claimed_at: string;
  finished_at: string | null;
  thread_posts_open: number;
  is_last: number;
}

/** The next old reports in the order of their due times. */
async function readPage(
  db: Kysely<Database>,
  { until, last, limit }: { until: string; last: Candidate | undefined; limit: number },
): Promise<Candidate[]> {
  let query = db
    .selectFrom('deliveries')
    .select(['id', 'due_at', 'state', 'occurrence', 'claimed_at', 'finished_at', 'thread_posts_open'])
    .select(
      // Not by the bare state, or SQLite takes the index by state, and reads half of the ledger for each row.
      // A removed notification, and a one-off that was sent, have no next report.
      sql<number>`case when state = 'delivered' and occurrence not like ${LIKE_TEST}
        and exists (select 1 from notifications as n where n.id = deliveries.notification_id)
        and not exists (
          select 1 from deliveries as later
          where later.notification_id = deliveries.notification_id and later.due_at > deliveries.due_at
            and later.thread_nr = 0 and coalesce(later.state, '') = 'delivered' and later.occurrence not like ${LIKE_TEST})
        then 1 else 0 end`.as('is_last'),
    )
    .where(IS_REPORT)
    .where('due_at', '<', until);
  if (last !== undefined) query = query.where(sql<boolean>`(due_at, id) > (${last.due_at}, ${last.id})`);
  return query.orderBy('due_at').orderBy('id').limit(limit).execute();
}

/** Undefined for what may go. */
function keptBecause(row: Candidate, until: string): keyof Pruned['kept'] | undefined {
  if (!ENDED.includes(row.state) || row.thread_posts_open > 0) return 'open';
  if (isKeyed(row.occurrence)) return 'keyed';
  // A backfill of an old time that has just run may be asked for again.
  if (row.claimed_at >= until || (row.finished_at ?? '') >= until) return 'recent';
  return row.is_last === 1 ? 'last' : undefined;
}

/** With the posts of their threads, and their files. A report that was redriven since it was read stays. */
async function deletePage(db: Kysely<Database>, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await db
    .deleteFrom('deliveries')
    .where('id', 'in', ids)
    // Not by the bare state here either: SQLite would read every delivered row for each page.
    .where((eb) => eb(eb.fn.coalesce('state', sql.lit('')), 'in', ENDED))
    .where('thread_posts_open', '=', 0)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
