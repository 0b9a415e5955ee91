import type { Kysely, Selectable } from 'kysely';
import { type NotificationFilter, selectNotifications } from './notification-filter.ts';
import type { Database, NotificationRow } from './schema.ts';

export type Notification = Selectable<NotificationRow>;
/** What a notification has where nothing is said. */
const DEFAULTS = {
  tags: '[]',
  one_off: 0,
  nth_day: null,
  start_on: null,
  end_on: null,
  skip: '[]',
  dst_gap: 'shift',
  catch_up_s: null,
  catch_up_all: 0,
  paused_at: null,
  paused_until: null,
  pause_note: null,
} satisfies Partial<Notification>;

export type NewNotification = Omit<
  Notification,
  keyof typeof DEFAULTS | 'created_at' | 'updated_at' | 'parked_at' | 'parked_code' | 'parked_message'
> &
  Partial<Pick<Notification, keyof typeof DEFAULTS>>;

/** Rows in one insert: 27 columns each, and SQLite takes 32,766 parameters a statement (sqlite.org/limits.html). */
const INSERT_BATCH = 500;

/** What is to be sent, to whom, and when it is due. */
export function notifications(db: Kysely<Database>) {
  return {
    /** Adds them all or none. Returns the ids that exist already; when there are any, nothing was added. */
    async add(rows: readonly NewNotification[]): Promise<{ existing: string[] }> {
      const now = new Date().toISOString();
      return db.transaction().execute(async (trx) => {
        const existing: string[] = [];
        for (const batch of batches(rows)) {
          const ids = batch.map((row) => row.id);
          const found = await trx.selectFrom('notifications').select('id').where('id', 'in', ids).execute();
          existing.push(...found.map((row) => row.id));
        }
        if (existing.length > 0) return { existing };
        for (const batch of batches(rows)) {
          const values = batch.map((row) => ({ ...DEFAULTS, ...row, created_at: now, updated_at: now }));
          await trx.insertInto('notifications').values(values).execute();
        }
        return { existing };
      });
    },

    async find(id: string): Promise<Notification | undefined> {
      return db.selectFrom('notifications').selectAll().where('id', '=', id).executeTakeFirst();
    },

    async existing(ids: readonly string[]): Promise<Set<string>> {
      const found = new Set<string>();
      for (let from = 0; from < ids.length; from += INSERT_BATCH) {
        const some = ids.slice(from, from + INSERT_BATCH);
        const rows = await db.selectFrom('notifications').select('id').where('id', 'in', some).execute();
        for (const row of rows) found.add(row.id);
      }
      return found;
    },

    async list(filter: NotificationFilter = {}): Promise<Notification[]> {
      return selectNotifications(db, filter).selectAll().orderBy('id').execute();
    },

    async count(): Promise<number> {
      const { count } = await db
        .selectFrom('notifications')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async setEnabled(id: string, enabled: boolean, nextDueAt: string | null): Promise<void> {
      await db
        .updateTable('notifications')
        .set({ enabled: enabled ? 1 : 0, next_due_at: nextDueAt, updated_at: new Date().toISOString() })
        .where('id', '=', id)
        .execute();
    },

    /** Removes the notification; its deliveries stay in the ledger. False when there was none. */
    async remove(id: string): Promise<boolean> {
      const { numDeletedRows } = await db.deleteFrom('notifications').where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function batches<Row>(rows: readonly Row[]): Row[][] {
  const count = Math.ceil(rows.length / INSERT_BATCH);
  return Array.from({ length: count }, (_, index) => rows.slice(index * INSERT_BATCH, (index + 1) * INSERT_BATCH));
}
