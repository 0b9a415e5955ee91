import { type Kysely, sql } from 'kysely';
import { pausedAt } from '../../domain/notification.ts';
import { occurrenceOfInstant } from '../../domain/occurrence.ts';
import { closedRow, insertClaims, pendingRow, unreadableRow } from './claim-rows.ts';
import { type OnPage, takingTurns } from './plan.ts';
import { enabledPage, readNotification } from '../notification-rows.ts';
import type { Database } from '../schema.ts';

/** Riders written in one transaction: short enough that a post on the same thread does not wait. */
const RIDERS_PAGE = 100;

/** A schedule with riders, and how far its fires were compared with its runs; nothing of that for a new one. */
export interface ScheduleCheck {
  scheduleId: string;
  last: FiresSeen | undefined;
}

/** How far the fires of a schedule were compared with the runs that they should have started. Instants are ISO 8601. */
interface FiresSeen {
  checkedUntil: string;
  /** Temporal's own count of the fires it dropped. */
  dropped: number;
  lookedAt: string;
}

/** Fires of a schedule that Temporal dropped, and how far its fires were compared. */
export interface DroppedFires {
  scheduleId: string;
  dispatchId: string;
  nominals: readonly Date[];
  /** In words. */
  reason: string;
  seen: FiresSeen;
}

/** A fire that Temporal dropped starts no run, so its riders would have no row: here they get one. */
export function scheduleChecks(db: Kysely<Database>) {
  return {
    /** Up to `limit` schedules with riders that were not checked since `before`, the longest unchecked first. */
    async due(before: Date, limit: number): Promise<ScheduleCheck[]> {
      // One step of the index for each schedule, however many riders it has.
      const { rows } = await sql<CheckRow>`
        with recursive ridden (schedule_id) as (
          select min(schedule_id) from notifications
          union all
          select (select min(n.schedule_id) from notifications as n where n.schedule_id > ridden.schedule_id)
          from ridden where ridden.schedule_id is not null
        )
        select ridden.schedule_id, checked_until, dropped, looked_at
        from ridden left join schedule_checks on schedule_checks.schedule_id = ridden.schedule_id
        where ridden.schedule_id is not null and (looked_at is null or looked_at < ${before.toISOString()})
        order by coalesce(looked_at, ''), ridden.schedule_id
        limit ${limit}`.execute(db);
      return rows.map(toScheduleCheck);
    },

    /** Writes a row for each rider of each dropped fire, a page at a time, and then how far its fires were compared. */
    async record(dropped: DroppedFires, onTurn: () => void = () => {}): Promise<void> {
      const { scheduleId, seen } = dropped;
      for (const nominal of dropped.nominals) await recordFire(db, dropped, nominal, takingTurns(onTurn));
      const columns = { checked_until: seen.checkedUntil, dropped: seen.dropped, looked_at: seen.lookedAt };
      await db
        .insertInto('schedule_checks')
        .values({ schedule_id: scheduleId, ...columns })
        .onConflict((conflict) => conflict.column('schedule_id').doUpdateSet(columns))
        .execute();
    },

    /** Temporal has no such schedule any more. */
    async forget(scheduleId: string): Promise<void> {
      await db.deleteFrom('schedule_checks').where('schedule_id', '=', scheduleId).execute();
    },
  };
}

/** Killed on the way, it is done again: the rows that are there stay. */
async function recordFire(
  db: Kysely<Database>,
  { scheduleId, dispatchId, reason }: DroppedFires,
  nominal: Date,
  onPage: OnPage,
): Promise<void> {
  const time = { occurrence: occurrenceOfInstant(nominal), dueAt: nominal };
  const missed = { code: 'missed', message: reason };
  for (let after = ''; ;) {
    const page = await enabledPage(db, { schedule: scheduleId }, after, RIDERS_PAGE).execute();
    const rows = page.flatMap((row) => {
      const read = readNotification(row);
      if (read.kind === 'unreadable') {
        return [closedRow(unreadableRow(read, time, { dispatchId, nominal }), 'missed', missed)];
      }
      const rider = read.notification;
      if (rider.createdAt > nominal.toISOString()) return [];
      const pending = pendingRow(rider, time, { dispatchId, nominal });
      const paused = pausedAt(rider.pause, nominal);
      return [paused === undefined ? closedRow(pending, 'missed', missed) : closedRow(pending, 'skipped', paused)];
    });
    await db.transaction().execute((trx) => insertClaims(trx, rows));
    await onPage();
    const last = page.at(-1);
    if (last === undefined || page.length < RIDERS_PAGE) return;
    after = last.id;
  }
}

type CheckRow = { schedule_id: string } & (
  | { checked_until: string; dropped: number; looked_at: string }
  | { checked_until: null; dropped: null; looked_at: null }
);

function toScheduleCheck(row: CheckRow): ScheduleCheck {
  if (row.looked_at === null) return { scheduleId: row.schedule_id, last: undefined };
  const last = { checkedUntil: row.checked_until, dropped: row.dropped, lookedAt: row.looked_at };
  return { scheduleId: row.schedule_id, last };
}
