import type { Insertable, Kysely, UpdateObject } from 'kysely';
import { type StoredMessage, threadPostId } from '../../domain/delivery.ts';
import { appendLog, logLine } from './delivery-rows.ts';
import type { Database, DeliveryRow } from '../schema.ts';

/** A report's message with what comes with it. */
export interface MessageToSave extends StoredMessage {
  /** Posts of its thread. */
  thread?: readonly StoredMessage[];
  /** Files that its blocks, and those of its thread, name by their place. */
  files?: readonly object[];
}

/**
 * Keeps what is to be posted, with a row for each post of the thread. The first message that is kept stays: another worker may
 * have made one at the same time. False if there is one, or the report is no longer pending.
 */
export async function keepMessage(
  db: Kysely<Database>,
  id: string,
  { text, blocks, thread = [], files = [] }: MessageToSave,
  { renderedAt, lateReason }: { renderedAt: string; lateReason: string | undefined },
): Promise<boolean> {
  const late = lateReason === undefined ? {} : { late_reason: lateReason, log: lateStep(renderedAt, lateReason) };
  const kept = { message: JSON.stringify({ text, blocks }), rendered_at: renderedAt, ...late };
  // Most reports are one message, which one statement keeps.
  if (thread.length === 0 && files.length === 0) return updatePending(db, id, kept);
  return db.transaction().execute(async (trx) => {
    const set = { ...kept, thread_posts: thread.length, thread_posts_open: thread.length, files: files.length };
    if (!(await updatePending(trx, id, set))) return false;
    if (thread.length > 0) await insertThread(trx, id, thread);
    const rows = files.map((file, nr) => ({ delivery_id: id, nr, file: JSON.stringify(file) }));
    if (rows.length > 0) await trx.insertInto('delivery_files').values(rows).execute();
    return true;
  });
}

function lateStep(at: string, reason: string) {
  return appendLog({ at, state: 'pending', code: 'late', message: `Late: ${reason}` });
}

async function updatePending(
  db: Kysely<Database>,
  id: string,
  set: UpdateObject<Database, 'deliveries'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deliveries')
    .set(set)
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('message', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function insertThread(trx: Kysely<Database>, id: string, thread: readonly StoredMessage[]): Promise<void> {
  const report = await trx.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const at = new Date().toISOString();
  const rows = thread.map((message, index): Insertable<DeliveryRow> => {
    const nr = index + 1;
    return {
      id: threadPostId(id, nr),
      parent_id: id,
      thread_nr: nr,
      notification_id: report.notification_id,
      occurrence: report.occurrence,
      name: report.name,
      account: report.account,
      report: report.report,
      params: report.params,
      workspace_id: report.workspace_id,
      channel: report.channel,
      channel_name: report.channel_name,
      dispatch_id: report.dispatch_id,
      due_at: report.due_at,
      not_before: report.not_before,
      state: 'pending',
      claimed_at: at,
      message: JSON.stringify(message),
      files: report.files,
      log: logLine({ at, state: 'pending', message: `Post ${nr} of ${thread.length} in the thread` }),
    };
  });
  await trx.insertInto('deliveries').values(rows).execute();
}

/** Drops what was to come with a message: the posts of its thread, and files. */
export async function dropRest(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('deliveries').where('parent_id', '=', id).execute();
  await db.deleteFrom('delivery_files').where('delivery_id', '=', id).execute();
}
