import type { Kysely, Updateable } from 'kysely';
import type { Database, DeliveryRow } from './schema.ts';

/** A message as it is posted: what phones show, and the blocks. */
export interface StoredMessage {
  text: string;
  blocks: unknown[];
}

/** A message with what comes with it. */
export interface MessageToSave extends StoredMessage {
  /** Posts of its thread. */
  thread?: readonly StoredMessage[];
  /** Files that its blocks, and those of its thread, name by their place. */
  files?: readonly object[];
}

/** Keeps what is to be posted. False when the delivery is no longer waiting for it. */
export async function keepMessage(
  db: Kysely<Database>,
  id: string,
  { text, blocks, thread = [], files = [] }: MessageToSave,
): Promise<boolean> {
  const message = JSON.stringify({ text, blocks });
  if (thread.length === 0 && files.length === 0) return keep(db, id, { message });
  const set = { message, parts: thread.length, parts_open: thread.length, files: files.length };
  return db.transaction().execute(async (trx) => {
    if (!(await keep(trx, id, set))) return false;
    await dropRest(trx, id);
    const parts = thread.map((part, index) => ({
      delivery_id: id,
      nr: index + 1,
      state: 'pending' as const,
      message: JSON.stringify(part),
    }));
    if (parts.length > 0) await trx.insertInto('delivery_parts').values(parts).execute();
    const rows = files.map((file, nr) => ({ delivery_id: id, nr, file: JSON.stringify(file) }));
    if (rows.length > 0) await trx.insertInto('delivery_files').values(rows).execute();
    return true;
  });
}

async function keep(db: Kysely<Database>, id: string, set: Updateable<DeliveryRow>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deliveries')
    .set(set)
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Drops what was to come with a message: the posts of its thread, and files. */
export async function dropRest(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('delivery_parts').where('delivery_id', '=', id).execute();
  await db.deleteFrom('delivery_files').where('delivery_id', '=', id).execute();
}

/** The message that is kept for a delivery; undefined before its report was rendered, and after it has ended. */
export function messageOfDelivery({ message }: { message: string | null }): StoredMessage | undefined {
  return message === null ? undefined : (JSON.parse(message) as StoredMessage);
}
