import { type Kysely, sql } from 'kysely';
import { type Database, IS_OPEN } from '../schema.ts';

const DAY_MS = 86_400_000;

/** What a schedule that fires when something is due needs to know. Instants are in milliseconds since 1970. */
export function dueTimes(db: Kysely<Database>) {
  const read = {
    /** When own recurrences are due next, up to `until`: the first of each minute. */
    async dueUntil(until: Date): Promise<number[]> {
      // One step of the index for each minute, however many are due in it.
      const { rows } = await sql<{ at: string }>`
        with recursive minutes (at) as (
          select min(next_due_at) from notifications where enabled = 1
          union all
          select (
            select min(next_due_at) from notifications
            where enabled = 1 and next_due_at > substr(minutes.at, 1, 16) || ':59.999Z'
          )
          from minutes where minutes.at is not null and minutes.at <= ${until.toISOString()}
        )
        select at from minutes where at <= ${until.toISOString()}`.execute(db);
      return rows.map(({ at }) => Date.parse(at));
    },

    /** The earliest slot of an open delivery of any run. */
    async earliestOpenSlot(): Promise<number | undefined> {
      // Two steps of the index for each run, however many deliveries it has open.
      const { rows } = await sql<{ slot: string | null }>`
        with recursive runs (dispatch_id) as (
          select min(dispatch_id) from deliveries where ${IS_OPEN}
          union all
          select (select min(dispatch_id) from deliveries where ${IS_OPEN} and dispatch_id > runs.dispatch_id)
          from runs where runs.dispatch_id is not null
        )
        select min((
          select min(not_before) from deliveries where ${IS_OPEN} and deliveries.dispatch_id = runs.dispatch_id
        )) as slot
        from runs where dispatch_id is not null`.execute(db);
      const slot = rows[0]?.slot ?? undefined;
      return slot === undefined ? undefined : Date.parse(slot);
    },
  };
  return {
    ...read,
    /** Within a day of now. */
    needs: async (now: Date) => ({
      due: await read.dueUntil(new Date(now.getTime() + DAY_MS)),
      openSlot: await read.earliestOpenSlot(),
    }),
  };
}
