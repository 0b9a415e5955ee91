import type { Kysely, Selectable } from 'kysely';
import { insertClaims } from './claim-rows.ts';
import { type NotificationFilter, selectNotifications } from './notification-filter.ts';
import { changeRecurrence, isOtherRecurrence } from './recurrence-change.ts';
import type { Database, NotificationRow } from './schema.ts';
import { pauseOf } from './slots.ts';

export type Notification = Selectable<NotificationRow>;
/** What a notification has where nothing is said. */
const DEFAULTS = {
  locale: null,
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

/** Rows in one insert: 31 columns each, and SQLite takes 32,766 parameters a statement (sqlite.org/limits.html). */
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

    /** Takes away a notification that was made for one time only, and no other. */
    async removeOneOff(id: string): Promise<void> {
      await db.deleteFrom('notifications').where('id', '=', id).where('one_off', '=', 1).execute();
    },

    /**
     * Stores what `change` makes of it, all at once; times that are changed begin by the rule of `changeRecurrence`.
     * Undefined where there is no such notification.
     */
    async change(id: string, change: (row: Notification) => NewNotification, now: Date) {
      for (;;) {
        const done = await db.transaction().execute(async (trx) => {
          const row = await trx.selectFrom('notifications').selectAll().where('id', '=', id).executeTakeFirst();
          if (row === undefined) return { result: undefined };
          const changed = change(row);
          const times = await timesOf(trx, row, changed, now);
          const { numUpdatedRows } = await trx
            .updateTable('notifications')
            .set({ ...changed, next_due_at: times.nextDueAt, updated_at: laterThan(row.updated_at) })
            .where('id', '=', id)
            // A run may have claimed a slot meanwhile, which changes what has gone out.
            .where('updated_at', '=', row.updated_at)
            .where((eb) => eb(eb.fn.coalesce('next_due_at', eb.val('')), '=', row.next_due_at ?? ''))
            .executeTakeFirst();
          if (numUpdatedRows === 0n) return undefined;
          await insertClaims(trx, times.rows);
          const after: Notification = { ...row, ...changed, next_due_at: times.nextDueAt };
          return { result: { before: row, after, today: times.today } };
        });
        if (done !== undefined) return done.result;
      }
    },

    /** Nothing of it that is due from now on, until then, goes out. A pause under way goes on. */
    async pause(id: string, { until, note }: { until: Date | undefined; note: string | undefined }): Promise<void> {
      const at = new Date().toISOString();
      const row = await this.find(id);
      const underWay = row !== undefined && pauseOf(row, new Date(at)) !== undefined;
      await db
        .updateTable('notifications')
        .set({
          paused_at: underWay ? row.paused_at : at,
          paused_until: until?.toISOString() ?? null,
          pause_note: note ?? null,
          updated_at: laterThan(row?.updated_at ?? at),
        })
        .where('id', '=', id)
        .execute();
    },

    /** Ends its pause. What was due in it stays so, also where no run has looked for it yet. False where there is none. */
    async unpause(id: string): Promise<boolean> {
      const at = new Date();
      const row = await this.find(id);
      if (row === undefined || pauseOf(row, at) === undefined) return false;
      const now = at.toISOString();
      await db
        .updateTable('notifications')
        .set({ paused_until: now, updated_at: laterThan(row.updated_at) })
        .where('id', '=', id)
        .execute();
      return true;
    },

    /** Removes the notification; its deliveries stay in the ledger. False when there was none. */
    async remove(id: string): Promise<boolean> {
      const { numDeletedRows } = await db.deleteFrom('notifications').where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

async function timesOf(db: Kysely<Database>, row: Notification, changed: NewNotification, now: Date) {
  // What was disabled was not due, and begins anew.
  if (row.enabled === 0) return { nextDueAt: changed.next_due_at, today: undefined, rows: [] };
  if (isOtherRecurrence(row, changed)) return changeRecurrence(db, row, changed, now);
  return { nextDueAt: row.next_due_at, today: undefined, rows: [] };
}

/** Now, and not the time of the change before, by which a claim knows that its row is still the same. */
function laterThan(before: string): string {
  return new Date(Math.max(Date.now(), Date.parse(before) + 1)).toISOString();
}

function batches<Row>(rows: readonly Row[]): Row[][] {
  const count = Math.ceil(rows.length / INSERT_BATCH);
  return Array.from({ length: count }, (_, index) => rows.slice(index * INSERT_BATCH, (index + 1) * INSERT_BATCH));
}
