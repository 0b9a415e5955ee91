import { type Kysely, sql, type Transaction } from 'kysely';
import { type Pace, pacing } from '../pacing.ts';
import { type Database, IS_OPEN, IS_REPORT } from '../schema.ts';

/** Deliveries planned in one transaction: the more, the better their order; a gate waits as long as it lasts. */
const PLAN_PAGE = 10_000;
/** Rows in one update: 2 parameters each, and SQLite takes 32,766 parameters a statement (sqlite.org/limits.html). */
const UPDATE_BATCH = 500;
/** Planned, and not yet numbered. */
const PLANNED = 0;

/**
 * Gives each open delivery of the run that has none a slot for its post: all together, when the run is complete, since
 * which of them should begin depends on how many there are for each channel. Asked again, it goes on where it was.
 */
export async function planRun(db: Kysely<Database>, pace: Pace, dispatchId: string, onPage: () => void): Promise<void> {
  for (;;) {
    const planned = await db.transaction().execute((trx) => planPage(trx, pace, dispatchId));
    onPage();
    if (planned < PLAN_PAGE) return;
  }
}

async function planPage(trx: Transaction<Database>, pace: Pace, dispatchId: string): Promise<number> {
  const rows = await trx
    .selectFrom('deliveries')
    .select(['id', 'workspace_id', 'channel', 'not_before'])
    .where('dispatch_id', '=', dispatchId)
    .where('dispatch_seq', 'is', null)
    .where(IS_OPEN)
    .orderBy('not_before')
    .orderBy('id')
    .limit(PLAN_PAGE)
    .execute();
  const now = Date.now();
  const requests = rows.map(({ workspace_id: workspaceId, channel, not_before }) => {
    return { workspaceId, channel, from: Math.max(now, Date.parse(not_before)) };
  });
  const slots = await pacing(trx, pace).plan(requests, now);
  const planned = rows.map(({ id }, index) => [id, new Date(slots[index] ?? now).toISOString()] as const);
  for (let from = 0; from < planned.length; from += UPDATE_BATCH) {
    const values = planned.slice(from, from + UPDATE_BATCH).map(([id, slot]) => sql`(${id}, ${slot})`);
    await sql`
      with planned (planned_id, slot) as (values ${sql.join(values)})
      update deliveries set not_before = planned.slot, dispatch_seq = ${sql.lit(PLANNED)}
      from planned where deliveries.id = planned.planned_id`.execute(trx);
  }
  return rows.length;
}

/** Numbers the open deliveries of a run in the order of their slots, and returns how many there are. */
export async function numberDeliveries(db: Kysely<Database>, dispatchId: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update deliveries set dispatch_seq = numbered.seq
    from (
      select id as open_id, row_number() over (order by not_before, id) - 1 as seq
      from deliveries where dispatch_id = ${dispatchId} and ${IS_OPEN}
    ) as numbered
    where numbered.open_id = deliveries.id`.execute(db);
  return Number(numAffectedRows ?? 0n);
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

export async function countLate(db: Kysely<Database>, dispatchId: string): Promise<Omit<Found, 'due'>> {
  const count = async (which: 'late' | 'missed') => {
    const query = db
      .selectFrom('deliveries')
      .select((eb) => eb.fn.countAll<number | string>().as('count'))
      .where('dispatch_id', '=', dispatchId);
    const narrowed =
      which === 'missed'
        ? query.where(IS_REPORT).where('state', '=', 'missed')
        : query.where(IS_OPEN).where('late_reason', 'is not', null);
    return Number((await narrowed.executeTakeFirstOrThrow()).count);
  };
  return { late: await count('late'), missed: await count('missed') };
}
