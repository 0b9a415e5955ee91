import type { Kysely } from 'kysely';
import type { Delivery, DeliveryError } from '../../domain/delivery.ts';
import type { Database } from '../schema.ts';
import { appendLog, errorColumns } from './delivery-rows.ts';
import { dropFiles } from './files.ts';

/** The code of a step that ends a thread, because we can't tell whether its report is there. */
const THREAD_DROPPED = 'thread_dropped';

/** What a thread that was not sent means for its report, once that is there; undefined where none was dropped. */
export function droppedThread({ log }: Pick<Delivery, 'log'>): DeliveryError | undefined {
  const dropped = log.findLast(({ code }) => code === THREAD_DROPPED);
  return dropped && { code: 'thread_incomplete', message: dropped.message ?? '' };
}

/** How many posts the thread of a report has. */
export async function threadPostsOf(trx: Kysely<Database>, id: string): Promise<number> {
  const row = await trx.selectFrom('deliveries').select('thread_posts').where('id', '=', id).executeTakeFirst();
  return row?.thread_posts ?? 0;
}

/** Its report ended as unconfirmed, so the thread is not sent. */
export async function noteDroppedThread(trx: Kysely<Database>, id: string, at: string, posts: number): Promise<void> {
  const message = `Its thread of ${posts} ${posts === 1 ? 'post' : 'posts'} was not sent`;
  const log = appendLog({ at, state: 'unconfirmed', code: THREAD_DROPPED, message });
  await trx.updateTable('deliveries').set({ log }).where('id', '=', id).execute();
}

/** A post of the thread has ended; with the last of them the report says how the thread ended, and the files have served. */
export async function endThreadPost(
  trx: Kysely<Database>,
  reportId: string,
  at: string,
  { wasOpen }: { wasOpen: boolean },
): Promise<void> {
  const report = await trx
    .updateTable('deliveries')
    .set((eb) => ({ thread_posts_open: eb('thread_posts_open', '-', wasOpen ? 1 : 0) }))
    .where('id', '=', reportId)
    .returning(['thread_posts', 'thread_posts_open', 'files'])
    .executeTakeFirst();
  if (report === undefined || report.thread_posts_open > 0) return;
  const missing = await trx
    .selectFrom('deliveries')
    .select(['state', 'error_message'])
    .where('parent_id', '=', reportId)
    .where('state', '<>', 'delivered')
    .orderBy('thread_nr')
    .execute();
  const all = `${report.thread_posts} thread ${report.thread_posts === 1 ? 'post' : 'posts'}`;
  const isLost = missing.some(({ state }) => state !== 'unconfirmed');
  const trouble = missing[0] && {
    code: 'thread_incomplete',
    message: `${missing.length} of ${all} ${isLost ? 'failed' : 'may be missing'}: ${missing[0].error_message ?? ''}`,
  };
  const entry = trouble ?? { code: 'thread', message: `${all} delivered` };
  await trx
    .updateTable('deliveries')
    .set({ ...errorColumns(trouble), log: appendLog({ at, state: 'delivered', ...entry }) })
    // A post that was found later may have been the only one that was missing.
    .$if(trouble === undefined && !wasOpen, (query) => query.set({ error_code: null, error_message: null }))
    .where('id', '=', reportId)
    .execute();
  if (report.files > 0) await dropFiles(trx, reportId);
}
