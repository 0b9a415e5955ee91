import { type Kysely, sql } from 'kysely';
import { occurrenceOfInstant } from '../occurrence.ts';
import { claim, ended, insertClaims } from './claim-rows.ts';
import type { Database, ScheduleCheckRow } from './schema.ts';
import { pauseOf } from './slots.ts';

/** A schedule that notifications ride, and how far it was looked at; nothing of that where it is new. */
export type ScheduleCheck = { schedule_id: string } & (
  | ScheduleCheckRow
  | { checked_until: null; dropped: null; looked_at: null }
);

/** Fires of a schedule that Temporal has dropped, and up to where that is known. */
export interface DroppedFires {
  scheduleId: string;
  runId: string;
  nominals: readonly Date[];
  /** In words. */
  reason: string;
  check: Omit<ScheduleCheckRow, 'schedule_id'>;
}

/** A fire that Temporal dropped starts no run, so that none of its riders would have a row: here they get it. */
export function scheduleChecks(db: Kysely<Database>) {
  return {
    /** Up to `limit` schedules with riders that were not looked at since `before`, the longest unseen first. */
    async due(before: Date, limit: number): Promise<ScheduleCheck[]> {
      // One step of the index for each schedule, however many riders it has.
      const { rows } = await sql<ScheduleCheck>`
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
      return rows;
    },

    /** Writes a row for each rider of each dropped fire, and how far was looked. */
    async record({ scheduleId, runId, nominals, reason, check }: DroppedFires): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const riders = await trx
          .selectFrom('notifications')
          .selectAll()
          .where('schedule_id', '=', scheduleId)
          .where('enabled', '=', 1)
          .execute();
        for (const nominal of nominals) {
          const due = { occurrence: occurrenceOfInstant(nominal), dueAt: nominal };
          const there = riders.filter((rider) => rider.created_at <= nominal.toISOString());
          const rows = there.map((rider) => {
            const paused = pauseOf(rider, nominal);
            const row = claim(rider, due, { runId, nominal });
            if (paused !== undefined) return ended(row, 'skipped', paused);
            return ended(row, 'missed', { code: 'missed', message: reason });
          });
          await insertClaims(trx, rows);
        }
        await trx
          .insertInto('schedule_checks')
          .values({ schedule_id: scheduleId, ...check })
          .onConflict((conflict) => conflict.column('schedule_id').doUpdateSet(check))
          .execute();
      });
    },

    /** There is no such schedule in Temporal any more. */
    async forget(scheduleId: string): Promise<void> {
      await db.deleteFrom('schedule_checks').where('schedule_id', '=', scheduleId).execute();
    },
  };
}
