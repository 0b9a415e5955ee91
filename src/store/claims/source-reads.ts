import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.ts';

/** Where no time is known up to which it was read, in milliseconds before the nominal time. */
const FIRST_LOOK_MS = 60_000;

/** How the reading of each source went, for each schedule. */
export function sourceReads(db: Kysely<Database>) {
  return {
    async list() {
      const rows = await db.selectFrom('source_reads').selectAll().orderBy('source').orderBy('schedule_id').execute();
      return rows.map((row) => ({
        source: row.source,
        schedule: row.schedule_id,
        readUntil: row.read_until ?? undefined,
        failed: row.failed_at === null ? undefined : { at: row.failed_at, message: row.error ?? '' },
      }));
    },
  };
}

/** Up to when a schedule has read a source before this time. */
export async function readUntil(db: Kysely<Database>, source: string, schedule: string, nominal: Date): Promise<Date> {
  const row = await db
    .selectFrom('source_reads')
    .select('read_until')
    .where('source', '=', source)
    .where('schedule_id', '=', schedule)
    .executeTakeFirst();
  const until = row?.read_until ?? undefined;
  if (until !== undefined && until < nominal.toISOString()) return new Date(until);
  return new Date(nominal.getTime() - FIRST_LOOK_MS);
}

interface ReadState {
  source: string;
  schedule_id: string;
  read_until?: string;
  failed_at: string | null;
  error: string | null;
}

/** A backfill does not move the time back. */
export async function recordRead(db: Kysely<Database>, { read_until: until, ...state }: ReadState): Promise<void> {
  await db
    .insertInto('source_reads')
    .values({ ...state, read_until: until ?? null })
    .onConflict((conflict) =>
      conflict.columns(['source', 'schedule_id']).doUpdateSet({
        failed_at: state.failed_at,
        error: state.error,
        ...(until !== undefined && {
          read_until: sql<string>`case when source_reads.read_until > excluded.read_until then source_reads.read_until else excluded.read_until end`,
        }),
      }),
    )
    .execute();
}
