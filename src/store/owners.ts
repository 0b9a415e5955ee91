import { type Kysely, sql } from 'kysely';
import { type Database, IS_UNNOTICED } from './schema.ts';

/** Who is told of all notifications of an account that have no owner of their own. */
export interface AccountOwner {
  account: string;
  /** `C0OPS`, `U0ANNA`, or `ops/C0OPS`. */
  owner: string;
}

/** Owners of accounts. A notification's own owner is a column of it, and that of everything else is a setting. */
export function owners(db: Kysely<Database>) {
  return {
    /** Adds it, or replaces the account's owner. */
    async set({ account, owner }: AccountOwner): Promise<void> {
      await db
        .insertInto('owners')
        .values({ account, owner })
        .onConflict((conflict) => conflict.column('account').doUpdateSet({ owner }))
        .execute();
    },

    /** False if the account had none. */
    async remove(account: string): Promise<boolean> {
      const { numDeletedRows } = await db.deleteFrom('owners').where('account', '=', account).executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async list(): Promise<AccountOwner[]> {
      return db.selectFrom('owners').selectAll().orderBy('account').execute();
    },

    /**
     * What a run has to do for owners: `look` where one has to hear of something, or of the end of something; `watch` where that
     * depends on how the run goes; undefined where nothing has an owner. Asked by every claim: a few steps of small indexes.
     */
    async need(hasDefault: boolean): Promise<'look' | 'watch' | undefined> {
      const { rows } = await sql<{ owned: number; news: number }>`
        select
          case when exists (select 1 from owners) or exists (select 1 from notifications where owner is not null)
            then 1 else 0 end as owned,
          case when exists (select 1 from deliveries where ${IS_UNNOTICED}) or exists (select 1 from streaks)
            then 1 else 0 end as news`.execute(db);
      const [found] = rows;
      if (!hasDefault && found?.owned !== 1) return undefined;
      return found?.news === 1 ? 'look' : 'watch';
    },
  };
}
