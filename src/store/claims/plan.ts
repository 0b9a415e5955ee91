import { setImmediate } from 'node:timers/promises';
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import { interleaveChannels } from '../interleave-channels.ts';
import { type Pace, pacing } from '../pacing.ts';
import { type Database, IS_MISSED, IS_OPEN } from '../schema.ts';

/** Deliveries put in order together: the more, the better their order. */
const PLAN_PAGE = 10_000;
/**
 * Rows read and written at a time. SQLite works on the thread that posts, so they are few; Postgres works elsewhere, and each
 * page costs it a look at the whole run.
 */
const BATCH = { sqlite: 125, postgres: 2_500 };

function batchOf(db: Kysely<Database>): number {
  return db.getExecutor().adapter instanceof PostgresAdapter ? BATCH.postgres : BATCH.sqlite;
}

/** Planned, and not yet numbered. */
const PLANNED = 0;

/** Called between two short pieces of work, so that others get their turn. */
export type OnPage = () => Promise<void>;

/** SQLite answers without a turn of the event loop, so that without this nothing else would happen until the end. */
export function takingTurns(onTurn: () => void): OnPage {
  return async () => {
    onTurn();
    await setImmediate();
  };
}

/**
 * Gives each open delivery of the run that has none a slot for its post: when the run is complete, since which of them should
 * begin depends on how many there are for each channel. Asked again, it goes on where it was: a batch and the time it takes up
 * are written in one transaction.
 */
export async function planRun(db: Kysely<Database>, pace: Pace, dispatchId: string, onPage: OnPage): Promise<void> {
  let page: Unplanned[] = [];
  const positions = new Map<string, number>();
  for await (const rows of openDeliveries(db, dispatchId, onPage)) {
    page.push(...rows.filter(({ dispatch_seq }) => dispatch_seq === null));
    if (page.length < PLAN_PAGE) continue;
    await planPage(db, { pace, dispatchId, positions }, page, onPage);
    page = [];
  }
  await planPage(db, { pace, dispatchId, positions }, page, onPage);
}

type Unplanned = OpenDelivery;

async function planPage(
  db: Kysely<Database>,
  { pace, dispatchId, positions }: { pace: Pace; dispatchId: string; positions: Map<string, number> },
  page: readonly Unplanned[],
  onPage: OnPage,
): Promise<void> {
  const now = Date.now();
  const requests = page.map(({ id, workspace_id: workspaceId, channel, not_before, post_until: postUntil }) => {
    return { id, workspaceId, channel, from: Math.max(now, Date.parse(not_before)), postUntil };
  });
  const inOrder = interleaveChannels(requests).map(({ index }) => requests[index]!);
  await onPage();
  const size = batchOf(db);
  for (let from = 0; from < inOrder.length; from += size) {
    const batch = inOrder.slice(from, from + size);
    await db.transaction().execute(async (trx) => {
      const slots = await pacing(trx, pace).plan(batch, now, positions);
      const values = batch.map((request, index) => {
        const slot = slots[index] ?? now;
        return sql`(${request.id}, ${isoOf(slot)}, cast(${movedBy(slot - request.from, request.postUntil)} as text))`;
      });
      await sql`
        with planned (planned_id, slot, latest) as (values ${sql.join(values)})
        update deliveries set not_before = planned.slot, post_until = planned.latest, dispatch_seq = ${sql.lit(PLANNED)}
        from planned
        where deliveries.id = planned.planned_id
          and ${isOf(dispatchId)} and dispatch_seq is null and ${IS_OPEN}`.execute(trx);
    });
    await onPage();
  }
}

/** Slack's limits make no post late: a delivery that waits for its slot has as much more time. */
function movedBy(ms: number, instant: string | null): string | null {
  return instant === null ? null : isoOf(Date.parse(instant) + Math.max(0, ms));
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Numbers the open deliveries of a run in the order of their slots, and counts them. */
export async function numberDeliveries(
  db: Kysely<Database>,
  dispatchId: string,
  onPage: OnPage,
): Promise<Omit<Found, 'missed'>> {
  const found = { due: 0, late: 0 };
  for await (const rows of openDeliveries(db, dispatchId, onPage)) {
    const numbered = rows.map((row, index) => ({ ...row, seq: found.due + index }));
    const changed = numbered.filter(({ seq, dispatch_seq }) => seq !== dispatch_seq);
    if (changed.length > 0) {
      const values = changed.map(({ id, seq }) => sql`(${id}, cast(${seq} as integer))`);
      await sql`
        with numbered (numbered_id, seq) as (values ${sql.join(values)})
        update deliveries set dispatch_seq = numbered.seq
        from numbered where deliveries.id = numbered.numbered_id and ${isOf(dispatchId)}`.execute(db);
    }
    found.due += rows.length;
    found.late += rows.filter(({ late_reason }) => late_reason !== null).length;
  }
  return found;
}

/** Still of this run. An expression, or SQLite goes through all of the run instead of by the ids. */
function isOf(dispatchId: string) {
  return sql<boolean>`dispatch_id || '' = ${dispatchId}`;
}

interface OpenDelivery {
  id: string;
  workspace_id: string;
  channel: string;
  not_before: string;
  post_until: string | null;
  dispatch_seq: number | null;
  late_reason: string | null;
}

/** The open deliveries of a run in the order of their slots, a page at a time. One whose slot moves on may come again. */
async function* openDeliveries(
  db: Kysely<Database>,
  dispatchId: string,
  onPage: OnPage,
): AsyncGenerator<OpenDelivery[]> {
  const size = batchOf(db);
  for (let last: OpenDelivery | undefined; ;) {
    let query = db
      .selectFrom('deliveries')
      .select(['id', 'workspace_id', 'channel', 'not_before', 'post_until', 'dispatch_seq', 'late_reason'])
      .where('dispatch_id', '=', dispatchId)
      .where(IS_OPEN);
    if (last !== undefined) query = query.where(sql<boolean>`(not_before, id) > (${last.not_before}, ${last.id})`);
    const rows = await query.orderBy('not_before').orderBy('id').limit(size).execute();
    yield rows;
    await onPage();
    last = rows.at(-1);
    if (rows.length < size) return;
  }
}

/** What a run has found. */
export interface Found {
  /** Deliveries that the run has to see to. */
  due: number;
  /** Of them, those that go out late. */
  late: number;
  /** Those that it found too late to go out. */
  missed: number;
}

export async function countMissed(db: Kysely<Database>, dispatchId: string): Promise<number> {
  const { count } = await db
    .selectFrom('deliveries')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('dispatch_id', '=', dispatchId)
    .where(IS_MISSED)
    .executeTakeFirstOrThrow();
  return Number(count);
}
