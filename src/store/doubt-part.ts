import type { Kysely } from 'kysely';
import { appendLog, RESTORED } from './delivery-log.ts';
import type { Part } from './parts.ts';
import type { Database } from './schema.ts';

/** It may have been posted since `from`, unknown to the ledger: it is looked up before it is posted. */
export async function doubtPart(db: Kysely<Database>, { delivery_id, nr }: Part, from: Date): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('delivery_parts')
      .set({ state: 'posting', posting_at: from.toISOString(), absent_at: null })
      .where('delivery_id', '=', delivery_id)
      .where('nr', '=', nr)
      .where('state', '=', 'pending')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    const { code, message } = RESTORED;
    const entry = { at: new Date().toISOString(), state: 'delivered' as const, code };
    await trx
      .updateTable('deliveries')
      .set({ log: appendLog({ ...entry, message: `Thread post ${nr}: ${message}` }) })
      .where('id', '=', delivery_id)
      .execute();
    return true;
  });
}
