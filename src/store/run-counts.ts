import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** What a run has found. */
export interface Found {
  /** Deliveries that the run has to see to. */
  due: number;
  /** Of them, those that go out late. */
  late: number;
  /** Those that it found too late to go out. */
  missed: number;
}

export const OPEN = ['pending', 'posting'] as const;

/** Numbers the open deliveries of a run in the order of their slots, and returns how many there are. */
export async function number(db: Kysely<Database>, runId: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update deliveries set run_seq = numbered.seq
    from (
      select id as open_id, row_number() over (order by not_before, id) - 1 as seq
      from deliveries where run_id = ${runId} and state in (${sql.join(OPEN)})
    ) as numbered
    where numbered.open_id = deliveries.id`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

export async function countLate(db: Kysely<Database>, runId: string): Promise<Omit<Found, 'due'>> {
  const rows = await db
    .selectFrom('deliveries')
    .select((eb) => ['state', eb.fn.countAll<number | string>().as('count')] as const)
    .where('run_id', '=', runId)
    .where((eb) => eb.or([eb('state', '=', 'missed'), eb('late_reason', 'is not', null).and('state', 'in', OPEN)]))
    .groupBy('state')
    .execute();
  const sum = (states: readonly string[]) =>
    rows.filter(({ state }) => states.includes(state)).reduce((total, { count }) => total + Number(count), 0);
  return { late: sum(OPEN), missed: sum(['missed']) };
}
