import type { Kysely, Transaction } from 'kysely';
import { TIME_RULES } from '../domain/recurrence/recurrence.ts';
import { readNotification } from './notification-rows.ts';
import type { Database } from './schema.ts';

const PAGE = 500;

/** Due times that were computed by older rules: a country has changed its clock, and Node has been updated since. */
export function timeRules(db: Kysely<Database>) {
  return {
    /**
     * Stores again, by the rules of this process, each next due time that older ones gave, and returns the ids of those that
     * moved. A slot that has passed meanwhile is due now: the next claim sends it late, or records it as missed. What newer rules
     * gave stays, so that two workers of different versions don't fight.
     */
    async bringUpToDate(): Promise<string[]> {
      const moved: string[] = [];
      for (let after = ''; ;) {
        const ids = await db.transaction().execute((trx) => storePage(trx, after, moved));
        if (ids.length < PAGE) return moved;
        after = ids.at(-1) ?? after;
      }
    },
  };
}

async function storePage(trx: Transaction<Database>, after: string, moved: string[]): Promise<string[]> {
  const rows = await trx
    .selectFrom('notifications')
    .selectAll()
    .where('next_due_at', 'is not', null)
    .where((eb) => eb(eb.fn.coalesce('due_by', eb.val('')), '<', TIME_RULES))
    .where('id', '>', after)
    .orderBy('id')
    .limit(PAGE)
    .execute();
  for (const row of rows) {
    const read = readNotification(row);
    if (read.kind === 'unreadable' || read.notification.due.kind !== 'recurrence') continue;
    // Read by the rules of this process.
    const { nextDueAt = null, nextLocal = null } = read.notification.due;
    const { numUpdatedRows } = await trx
      .updateTable('notifications')
      .set({ next_due_at: nextDueAt, next_due_local: nextLocal, due_by: TIME_RULES })
      .where('id', '=', row.id)
      // A claim or a change of its times came first: it has computed them itself.
      .where('next_due_at', '=', row.next_due_at)
      .where('updated_at', '=', row.updated_at)
      .executeTakeFirst();
    if (numUpdatedRows > 0n && nextDueAt !== row.next_due_at) moved.push(row.id);
  }
  return rows.map(({ id }) => id);
}
