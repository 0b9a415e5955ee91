import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/**
 * `last_dispatch`: when a run of a schedule claimed last. `last_prune`: when the ledger was last pruned by the setting.
 * `pruned_until`: what was due before it may be gone from the ledger.
 */
export type Milestone = 'last_dispatch' | 'last_prune' | 'pruned_until';

/** Instants that outlive a process and that all workers of a store share. They only move forward. */
export function milestones(db: Kysely<Database>) {
  return {
    async at(name: Milestone): Promise<Date | undefined> {
      const row = await db.selectFrom('milestones').select('at').where('name', '=', name).executeTakeFirst();
      return row && new Date(row.at);
    },

    async reach(name: Milestone, at: Date): Promise<void> {
      const text = at.toISOString();
      await db
        .insertInto('milestones')
        .values({ name, at: text })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ at: text }).where('milestones.at', '<', text))
        .execute();
    },
  };
}
