import type { Kysely } from 'kysely';
import type { NotificationFilter } from '../domain/selection.ts';
import { type Due, hasOtherTimes, type NewNotification, type Notification, pausedAt } from '../domain/notification.ts';
import { UserError } from '../lib/errors.ts';
import { insertClaims } from './claims/claim-rows.ts';
import { readableOnly, readNotification, selectNotifications, toRow } from './notification-rows.ts';
import { changeTimes } from './claims/recurrence-change.ts';
import type { Database } from './schema.ts';

/** Rows in one insert: 35 columns each, and SQLite takes 32,766 parameters a statement (sqlite.org/limits.html). */
const INSERT_BATCH = 500;

/** What is sent, to which channel, and when it is due. */
export function notifications(db: Kysely<Database>) {
  return {
    /** Adds all of them or none. Returns the ids that exist already; if there are any, nothing was added. */
    async add(added: readonly NewNotification[]): Promise<{ existing: string[] }> {
      const now = new Date().toISOString();
      // Two transactions that insert in one order never wait for each other in a circle.
      const inOneOrder = added.toSorted(byId);
      const addAll = () =>
        db.transaction().execute(async (trx) => {
          const existing: string[] = [];
          for (const batch of batches(inOneOrder)) {
            const ids = batch.map(({ id }) => id);
            const found = await trx.selectFrom('notifications').select('id').where('id', 'in', ids).execute();
            existing.push(...found.map((row) => row.id));
          }
          if (existing.length > 0) return existing;
          for (const batch of batches(inOneOrder)) {
            const values = batch.map((one) => ({ ...toRow(one), created_at: now, updated_at: now }));
            const stored = await trx
              .insertInto('notifications')
              .values(values)
              .onConflict((conflict) => conflict.doNothing())
              .returning('id')
              .execute();
            if (stored.length < batch.length) throw new AddedMeanwhile(missingIn(stored, batch));
          }
          return [];
        });
      try {
        return { existing: await addAll() };
      } catch (error) {
        if (!(error instanceof AddedMeanwhile)) throw error;
        return { existing: error.ids };
      }
    },

    async find(id: string): Promise<Notification | undefined> {
      return find(db, id);
    },

    async existing(ids: readonly string[]): Promise<Set<string>> {
      const found = new Set<string>();
      for (const some of batches(ids)) {
        const rows = await db.selectFrom('notifications').select('id').where('id', 'in', some).execute();
        for (const row of rows) found.add(row.id);
      }
      return found;
    },

    /** All of them without a filter; those that cannot be read are left out, and `unreadable` names them. */
    async list(filter: NotificationFilter = {}): Promise<Notification[]> {
      return readableOnly(await rowsOf(db, filter));
    },

    /** Those whose rule, time zone or JSON cannot be read, and why. */
    async unreadable(filter: NotificationFilter = {}): Promise<{ id: string; enabled: boolean; reason: string }[]> {
      const read = (await rowsOf(db, filter)).map(readNotification);
      return read.flatMap((one) =>
        one.kind === 'unreadable' ? [{ id: one.id, enabled: one.row.enabled === 1, reason: one.reason }] : [],
      );
    },

    async count(): Promise<number> {
      const { count } = await db
        .selectFrom('notifications')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    /** Removes a notification that was made for one time, and no other. */
    async removeOneOff(id: string): Promise<void> {
      await db.deleteFrom('notifications').where('id', '=', id).where('one_off', '=', 1).execute();
    },

    /**
     * Stores what `change` returns, in one transaction. Changed times start by the rule of `changeTimes`. Undefined if
     * there is no such notification.
     */
    async change(id: string, change: (before: Notification) => NewNotification, now: Date) {
      for (;;) {
        const done = await db.transaction().execute(async (trx) => {
          const before = await find(trx, id);
          if (before === undefined) return { result: undefined };
          const changed = change(before);
          const times = await timesAfter(trx, before, changed, now);
          const stored = { ...changed, due: withNextDueAt(changed.due, times.nextDueAt) };
          const updatedAt = laterThan(before.updatedAt);
          const { numUpdatedRows } = await trx
            .updateTable('notifications')
            .set({ ...toRow(stored), updated_at: updatedAt })
            .where('id', '=', id)
            // A run may have claimed an occurrence meanwhile, which changes what has gone out.
            .where('updated_at', '=', before.updatedAt)
            .where((eb) => eb(eb.fn.coalesce('next_due_at', eb.val('')), '=', nextDueAt(before.due) ?? ''))
            .executeTakeFirst();
          if (numUpdatedRows === 0n) return undefined;
          await insertClaims(trx, times.rows);
          const after: Notification = { ...before, ...stored, updatedAt };
          return { result: { before, after, today: times.today } };
        });
        if (done !== undefined) return done.result;
      }
    },

    /** Skips what is due from now on, until `until`. A pause under way keeps its start. */
    async pause(id: string, { until, note }: { until: Date | undefined; note: string | undefined }): Promise<void> {
      const at = new Date();
      const notification = await find(db, id);
      const underWay = pausedAt(notification?.pause, at) === undefined ? undefined : notification?.pause;
      await db
        .updateTable('notifications')
        .set({
          paused_at: underWay?.from ?? at.toISOString(),
          paused_until: until?.toISOString() ?? null,
          pause_note: note ?? null,
          updated_at: laterThan(notification?.updatedAt ?? at.toISOString()),
        })
        .where('id', '=', id)
        .execute();
    },

    /** Ends its pause. What was due in it stays skipped, even if no run has claimed it yet. False if it was not paused. */
    async unpause(id: string): Promise<boolean> {
      const at = new Date();
      const notification = await find(db, id);
      if (notification === undefined || pausedAt(notification.pause, at) === undefined) return false;
      await db
        .updateTable('notifications')
        .set({ paused_until: at.toISOString(), updated_at: laterThan(notification.updatedAt) })
        .where('id', '=', id)
        .execute();
      return true;
    },

    /** Removes the notification; its deliveries stay in the ledger. False if there was none. */
    async remove(id: string): Promise<boolean> {
      const { numDeletedRows } = await db.deleteFrom('notifications').where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

/** Another transaction added some of them after this one had looked; nothing of this one stays. */
class AddedMeanwhile extends Error {
  readonly ids: string[];

  constructor(ids: string[]) {
    super(`Added meanwhile: ${ids.join(', ')}`);
    this.ids = ids;
  }
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}

function missingIn(stored: readonly { id: string }[], wanted: readonly { id: string }[]): string[] {
  const ids = new Set(stored.map(({ id }) => id));
  return wanted.map(({ id }) => id).filter((id) => !ids.has(id));
}

async function find(db: Kysely<Database>, id: string): Promise<Notification | undefined> {
  const row = await db.selectFrom('notifications').selectAll().where('id', '=', id).executeTakeFirst();
  const read = row && readNotification(row);
  if (read?.kind !== 'unreadable') return read?.notification;
  throw UserError.failure('unreadable_notification', `Notification "${id}" cannot be read: ${read.reason}`, {
    hint: `Remove it and add it again: \`slack-reports notifications remove ${id}\`.`,
  });
}

async function rowsOf(db: Kysely<Database>, { ids, ...filter }: NotificationFilter) {
  if (ids === undefined) return selectNotifications(db, filter).selectAll().orderBy('id').execute();
  const rows = [];
  for (const some of batches([...new Set(ids)].toSorted())) {
    rows.push(
      ...(await selectNotifications(db, { ...filter, ids: some })
        .selectAll()
        .orderBy('id')
        .execute()),
    );
  }
  return rows;
}

async function timesAfter(db: Kysely<Database>, before: Notification, changed: NewNotification, now: Date) {
  // A disabled notification was not due: it starts from its next occurrence.
  if (!before.enabled) return { nextDueAt: nextDueAt(changed.due), today: undefined, rows: [] };
  if (hasOtherTimes(before.due, changed.due)) return changeTimes(db, before, changed, now);
  return { nextDueAt: nextDueAt(before.due), today: undefined, rows: [] };
}

function nextDueAt(due: Due): string | undefined {
  return due.kind === 'recurrence' ? due.nextDueAt : undefined;
}

function withNextDueAt(due: Due, next: string | undefined): Due {
  return due.kind === 'recurrence' ? { ...due, nextDueAt: next } : due;
}

/** Now, but never the time of the previous change: a claim compares it to see that its row is unchanged. */
function laterThan(before: string): string {
  return new Date(Math.max(Date.now(), Date.parse(before) + 1)).toISOString();
}

export function batches<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / INSERT_BATCH);
  return Array.from({ length: count }, (_, index) => items.slice(index * INSERT_BATCH, (index + 1) * INSERT_BATCH));
}
