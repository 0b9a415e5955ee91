import type { Kysely } from 'kysely';
import { type Database, IS_OPEN, IS_REPORT } from './schema.ts';

/** What a run has found. */
export interface Found {
  /** Deliveries that the run has to see to. */
  due: number;
  /** Of them, those that go out late. */
  late: number;
  /** Those that it found too late to go out. */
  missed: number;
}

export async function countLate(db: Kysely<Database>, runId: string): Promise<Omit<Found, 'due'>> {
  const count = async (which: 'late' | 'missed') => {
    const query = db
      .selectFrom('deliveries')
      .select((eb) => eb.fn.countAll<number | string>().as('count'))
      .where('run_id', '=', runId);
    const narrowed =
      which === 'missed'
        ? query.where(IS_REPORT).where('state', '=', 'missed')
        : query.where(IS_OPEN).where('late_reason', 'is not', null);
    return Number((await narrowed.executeTakeFirstOrThrow()).count);
  };
  return { late: await count('late'), missed: await count('missed') };
}
