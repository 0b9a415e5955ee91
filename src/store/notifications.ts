import { type Insertable, type Kysely, PostgresAdapter, type Selectable, sql, type Transaction } from 'kysely';
import type { NotificationFilter } from '../domain/selection.ts';
import {
  type Due,
  hasOtherTimes,
  type NewNotification,
  type NextDue,
  type Notification,
  pausedAt,
} from '../domain/notification.ts';
import { UserError } from '../lib/errors.ts';
import { type ClaimRow, insertClaims } from './claims/claim-rows.ts';
import { ledger } from './ledger/ledger.ts';
import {
  readableOnly,
  readNotification,
  selectNotifications,
  type StoredNotification,
  toRow,
  upsertNotifications,
} from './notification-rows.ts';
import { changeTimes } from './claims/recurrence-change.ts';
import type { Database, NotificationRow } from './schema.ts';

/** Rows in one insert: 37 columns each, and SQLite takes 32,766 parameters a statement (sqlite.org/limits.html). */
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

    /**
     * All of our own without a filter, and copies of what sources gave only by id. Those that cannot be read are left out, and
     * `unreadable` names them.
     */
    async list(filter: NotificationFilter = {}): Promise<Notification[]> {
      return readableOnly(await rowsOf(db, filter));
    },

    /** Those whose rule, time zone or JSON cannot be read, and why. */
    async unreadable(filter: NotificationFilter = {}): Promise<{ id: string; enabled: boolean; reason: string }[]> {
      const read = (await rowsOf(db, filter)).map((row) => readNotification(row));
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
          const row = await rowOf(trx, id);
          if (row === undefined) return { result: undefined };
          const before = readable(row);
          if (before.due.kind === 'source') throw ofSource(id, before.due.source);
          const changed = change(before);
          const times = await timesAfter(trx, before, changed, now);
          const stored = { ...changed, due: withNext(changed.due, times.next) };
          const updatedAt = laterThan(before.updatedAt);
          const { numUpdatedRows } = await trx
            .updateTable('notifications')
            .set({ ...toRow(stored), updated_at: updatedAt })
            .where('id', '=', id)
            // A run may have claimed an occurrence meanwhile, which changes what has gone out.
            .where('updated_at', '=', before.updatedAt)
            .where((eb) => eb(eb.fn.coalesce('next_due_at', eb.val('')), '=', row.next_due_at ?? ''))
            .executeTakeFirst();
          if (numUpdatedRows === 0n) return undefined;
          await insertClaims(trx, times.rows);
          const { createdAt, parked } = before;
          const after: Notification = { ...stored, createdAt, updatedAt, ...(parked !== undefined && { parked }) };
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

    /**
     * Removes them in one transaction, and returns the ids of those that were there. Deliveries stay in the ledger: pending ones
     * go on, and parked ones are cancelled, since nothing could resume them.
     */
    async removeAll(ids: readonly string[]): Promise<string[]> {
      return db.transaction().execute((trx) => removeAll(trx, ids));
    },

    /** As `removeAll`. False if there was none. */
    async remove(id: string): Promise<boolean> {
      const gone = await db.transaction().execute((trx) => removeAll(trx, [id]));
      return gone.length > 0;
    },

    /** The ids of those that the file of a scope declares, in order. */
    async inScope(scope: string): Promise<string[]> {
      const rows = await db.selectFrom('notifications').select('id').where('scope', '=', scope).orderBy('id').execute();
      return rows.map(({ id }) => id);
    },

    /** As stored, by id. */
    async stored(ids: readonly string[]): Promise<Map<string, StoredNotification>> {
      return storedBy(db, ids);
    },

    /**
     * Stores `declared`, and removes those of `removed` that are still of its scope, in one transaction: all of it or nothing.
     * What `isSame` finds equal is left alone. Others may apply, change and claim meanwhile: they wait for its end. Changed times
     * start by the rule of `changeTimes`; a pause and a parked state stay. Returns what it changed.
     */
    async apply(application: Application): Promise<Applied> {
      const all = batches(application.declared.toSorted(byId));
      // Worked out before the transaction, which keeps other writers out.
      const prepared: Prepared[][] = [];
      for (const batch of all) prepared.push(await prepare(db, batch, application));
      return db.transaction().execute(async (trx) => {
        await lockNotifications(trx);
        const done: Applied = { added: [], changed: [], removed: [] };
        for (const batch of prepared) {
          for (const one of await upToDate(trx, batch, application)) done[one.kind].push(one.value.id);
        }
        for (const batch of batches(application.removed)) {
          const ours = trx
            .selectFrom('notifications')
            .select('id')
            .where('scope', '=', application.scope)
            .where('id', 'in', batch);
          const ids = (await ours.execute()).map(({ id }) => id);
          done.removed.push(...(await removeAll(trx, ids)));
        }
        return done;
      });
    },
  };
}

/** What a file makes of the notifications of its scope. */
interface Application {
  scope: string;
  declared: readonly NewNotification[];
  removed: readonly string[];
  isSame: (stored: Notification, declared: NewNotification) => boolean;
  now: Date;
}

/** Ids. */
export interface Applied {
  added: string[];
  changed: string[];
  removed: string[];
}

/** What is to be written for a declared notification, and what of its row that follows from. */
type Prepared = { declared: NewNotification; version: string } & ({ kind: 'same' } | Write);

interface Write {
  kind: 'added' | 'changed';
  value: Insertable<NotificationRow> & { id: string };
  /** Occurrences of the old times that passed before any run claimed them. */
  claims: ClaimRow[];
}

async function prepare(
  db: Kysely<Database>,
  batch: readonly NewNotification[],
  { scope, isSame, now }: Application,
): Promise<Prepared[]> {
  const stored = await storedBy(
    db,
    batch.map(({ id }) => id),
  );
  const prepared: Prepared[] = [];
  for (const declared of batch) {
    const there = stored.get(declared.id);
    assertMayDeclare(scope, declared.id, there);
    const version = versionOf(there?.row);
    if (there?.kind === 'readable' && isSame(there.notification, declared)) {
      prepared.push({ kind: 'same', declared, version });
      continue;
    }
    const times = there?.kind === 'readable' ? await timesAfter(db, there.notification, declared, now) : undefined;
    const due = times === undefined ? declared.due : withNext(declared.due, times.next);
    const value = {
      ...toRow({ ...declared, scope, due }),
      created_at: now.toISOString(),
      updated_at: there === undefined ? now.toISOString() : laterThan(there.row.updated_at),
    };
    const kind = there === undefined ? 'added' : 'changed';
    prepared.push({ kind, declared, version, value, claims: times?.rows ?? [] });
  }
  return prepared;
}

/** Writes a batch, and returns what it wrote. What has changed since it was prepared is prepared again. */
async function upToDate(trx: Transaction<Database>, batch: Prepared[], application: Application): Promise<Write[]> {
  const ids = batch.map(({ declared }) => declared.id);
  const rows = await trx
    .selectFrom('notifications')
    .select(['id', 'updated_at', 'next_due_at'])
    .where('id', 'in', ids)
    .execute();
  const versions = new Map(rows.map((row) => [row.id, versionOf(row)]));
  const isStale = ({ declared, version }: Prepared) => version !== (versions.get(declared.id) ?? versionOf(undefined));
  const stale = batch.filter(isStale).map(({ declared }) => declared);
  const again = stale.length === 0 ? [] : await prepare(trx, stale, application);
  const writes = [...batch.filter((one) => !isStale(one)), ...again].filter((one) => one.kind !== 'same');
  await upsertNotifications(
    trx,
    writes.map(({ value }) => value),
  );
  await insertClaims(
    trx,
    writes.flatMap(({ claims }) => claims),
  );
  return writes;
}

/** Every change of a row has a later `updated_at`, and a claim moves `next_due_at`. */
function versionOf(row: { updated_at: string; next_due_at: string | null } | undefined): string {
  return row === undefined ? 'none' : `${row.updated_at} ${row.next_due_at}`;
}

/**
 * Of two that apply at once the second begins when the first has ended, and claims wait, so that none waits for another in a
 * circle. Reading goes on. A transaction of SQLite has the whole file.
 */
async function lockNotifications(trx: Transaction<Database>): Promise<void> {
  if (!(trx.getExecutor().adapter instanceof PostgresAdapter)) return;
  await sql`lock table notifications in share row exclusive mode`.execute(trx);
}

/** Throws a UserError for a notification that another file declares, or that was made for one send. */
export function assertMayDeclare(scope: string, id: string, there: StoredNotification | undefined): void {
  if (there === undefined) return;
  const owner = there.kind === 'readable' ? there.notification.scope : (there.row.scope ?? undefined);
  if (owner !== undefined && owner !== scope) {
    throw UserError.input('scope_in_use', `id "${id}" belongs to the scope "${owner}"`, {
      hint: 'Give it another id, or take it out of that file and apply that with --prune first.',
    });
  }
  const isOneOff = there.kind === 'readable' ? there.notification.due.kind === 'once' : there.row.one_off === 1;
  if (!isOneOff) return;
  throw UserError.input('notification_exists', `id "${id}" was made for one send`, { hint: 'Give it another id.' });
}

async function storedBy(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, StoredNotification>> {
  const stored = new Map<string, StoredNotification>();
  for (const some of batches(ids)) {
    const rows = await db.selectFrom('notifications').selectAll().where('id', 'in', some).execute();
    for (const row of rows) stored.set(row.id, readNotification(row));
  }
  return stored;
}

const REMOVED = { code: 'removed', message: 'Its notification was removed while it was parked' };

async function removeAll(trx: Transaction<Database>, ids: readonly string[]): Promise<string[]> {
  const gone: string[] = [];
  for (const some of batches(ids)) {
    const rows = await trx.deleteFrom('notifications').where('id', 'in', some).returning('id').execute();
    gone.push(...rows.map(({ id }) => id));
    const parked = await trx
      .selectFrom('deliveries')
      .select('id')
      .where('notification_id', 'in', some)
      .where('state', '=', 'parked')
      .execute();
    for (const { id } of parked) await ledger(trx).markCancelled(id, REMOVED);
  }
  return gone;
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

function ofSource(id: string, source: string): UserError {
  return UserError.input('invalid_notification', `"${id}" comes from source "${source}", and can't be changed here`, {
    hint: 'Change it in the tables that the source reads. You can pause it here.',
  });
}

async function find(db: Kysely<Database>, id: string): Promise<Notification | undefined> {
  const row = await rowOf(db, id);
  return row && readable(row);
}

async function rowOf(db: Kysely<Database>, id: string): Promise<Selectable<NotificationRow> | undefined> {
  return db.selectFrom('notifications').selectAll().where('id', '=', id).executeTakeFirst();
}

function readable(row: Selectable<NotificationRow>): Notification {
  const { id } = row;
  const read = readNotification(row);
  if (read.kind === 'readable') return read.notification;
  throw UserError.failure('unreadable_notification', `Notification "${id}" cannot be read: ${read.reason}`, {
    hint: `Remove it and add it again: \`slack-reports notifications remove ${id}\`.`,
  });
}

async function rowsOf(db: Kysely<Database>, { ids, ...filter }: NotificationFilter) {
  if (ids === undefined) {
    return selectNotifications(db, filter).selectAll().where('source', 'is', null).orderBy('id').execute();
  }
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
  if (!before.enabled) return { next: nextOf(changed.due), today: undefined, rows: [] };
  if (hasOtherTimes(before.due, changed.due)) return changeTimes(db, before, changed, now);
  return { next: nextOf(before.due), today: undefined, rows: [] };
}

function nextOf(due: Due): NextDue {
  return due.kind === 'recurrence' ? { nextDueAt: due.nextDueAt, nextLocal: due.nextLocal } : {};
}

function withNext(due: Due, { nextDueAt, nextLocal }: NextDue): Due {
  return due.kind === 'recurrence' ? { ...due, nextDueAt, nextLocal } : due;
}

/** Now, but never the time of the previous change: a claim compares it to see that its row is unchanged. */
function laterThan(before: string): string {
  return new Date(Math.max(Date.now(), Date.parse(before) + 1)).toISOString();
}

export function batches<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / INSERT_BATCH);
  return Array.from({ length: count }, (_, index) => items.slice(index * INSERT_BATCH, (index + 1) * INSERT_BATCH));
}
