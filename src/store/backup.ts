import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { messageOf, UserError } from '../lib/errors.ts';
import { sqliteFile } from '../lib/database-url.ts';
import { copyPrivately, makePrivateFile } from '../lib/folders.ts';
import { createFolder, openStore } from './open.ts';
import { type Database, IS_REPORT } from './schema.ts';
import { sqliteDialect } from './sqlite.ts';
import { bringUpToDate } from './upgrade.ts';

/** What is in a backup. */
export interface BackupContents {
  /** ISO 8601. */
  takenAt: string;
  notifications: number;
  deliveries: number;
}

/** Pages that are copied between two looks at the clock; a store has some thousands. */
const PAGES_AT_ONCE = 10_000;

/**
 * Writes a consistent copy of an embedded store to `file` while others read and write it. Nothing is at `file` before the
 * copy is whole and checked; only its owner can read it.
 * @throws UserError where there is no store, `file` is there already and `force` is not given, or it cannot be written.
 */
export async function backUp(url: string, file: string, { force = false } = {}): Promise<BackupContents> {
  const source = sqliteFile(url);
  const target = resolve(file);
  if (!existsSync(source)) throw UserError.failure('no_store', `There is no store at ${source}`);
  if (target === source) throw UserError.input('backup_is_store', `${target} is the store itself`);
  if (existsSync(target) && !force) {
    throw UserError.input('backup_exists', `${target} is there already`, {
      hint: 'Choose another name, or give --force.',
    });
  }
  if (!existsSync(dirname(target))) throw UserError.input('no_folder', `There is no folder ${dirname(target)}`);
  const part = `${target}.part`;
  await using store = await openStore(url);
  try {
    rmSync(part, { force: true });
    const takenAt = new Date().toISOString();
    // SQLite takes an empty file, and leaves its mode.
    makePrivateFile(part);
    await sql`vacuum into ${part}`.execute(store.db);
    const contents = await sign(part, takenAt);
    renameSync(part, target);
    return contents;
  } catch (error) {
    rmSync(part, { force: true });
    throw UserError.failure('not_backed_up', `Cannot write ${target}: ${messageOf(error)}`, { cause: error });
  }
}

async function sign(file: string, taken_at: string): Promise<BackupContents> {
  await using db = openFile(file);
  await checkIntegrity(db);
  await db.insertInto('backups').values({ taken_at, restored_at: null }).execute();
  return await contentsOf(db, taken_at);
}

/** A backup that was looked at and can take the place of a store. */
export interface StagedBackup extends Disposable {
  contents: BackupContents;
  /**
   * Takes the place of the store in one transaction: a process that opens the store meanwhile sees the old or the new. The store as
   * it was is kept next to it; its name is returned. From then on everything that was due before now is looked up in its channel
   * before it is posted.
   * @throws UserError where another process has the store open.
   */
  restore(): Promise<{ kept: string | undefined }>;
}

/**
 * Copies a backup, or any copy of an embedded store, next to the store, checks it and brings it up to date; the backup
 * itself stays as it is.
 * @throws UserError if `file` is not a valid backup for this program.
 */
export async function stageBackup(url: string, file: string): Promise<StagedBackup> {
  const place = resolve(file);
  const target = sqliteFile(url);
  const staged = `${createFolder(url)}.restoring`;
  if (!existsSync(place)) throw UserError.input('no_backup', `There is no file ${place}`);
  removeDatabase(staged);
  copyPrivately(place, staged);
  try {
    const contents = await readStaged(staged, place);
    return {
      contents,
      async restore() {
        const now = new Date().toISOString();
        await markRestored(staged, contents.takenAt, now);
        const kept = existsSync(target)
          ? keepAside(target, `${target}.before-${now.replace(/[:.]/g, '-')}`)
          : undefined;
        makePrivateFile(target);
        using source = new DatabaseSync(staged);
        await backup(source, target, { rate: PAGES_AT_ONCE });
        return { kept };
      },
      [Symbol.dispose]: () => removeDatabase(staged),
    };
  } catch (error) {
    removeDatabase(staged);
    throw error;
  }
}

async function readStaged(staged: string, place: string): Promise<BackupContents> {
  await using db = openFile(staged);
  try {
    await checkIntegrity(db);
    if ((await db.introspection.getTables()).every(({ name }) => name !== 'deliveries')) throw new Error('it is empty');
  } catch (error) {
    throw UserError.input('no_backup', `${place} is not a valid backup: ${messageOf(error)}`, { cause: error });
  }
  await bringUpToDate(db, { kind: 'sqlite', place, upgrade: true });
  return await contentsOf(db, await takenAtOf(db));
}

/** Of a copy that was made by other means, the last moment of which it knows: it was not taken before. */
async function takenAtOf(db: Kysely<Database>): Promise<string> {
  const signed = await db.selectFrom('backups').select('taken_at').where('restored_at', 'is', null).executeTakeFirst();
  if (signed !== undefined) return signed.taken_at;
  const { last } = await db
    .selectFrom('deliveries')
    .select(sql<string | null>`max(max(claimed_at, coalesce(posting_at, ''), coalesce(finished_at, '')))`.as('last'))
    .executeTakeFirstOrThrow();
  return last ?? new Date(0).toISOString();
}

async function markRestored(staged: string, taken_at: string, restored_at: string): Promise<void> {
  await using db = openFile(staged);
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('backups').where('restored_at', 'is', null).execute();
    await trx.insertInto('backups').values({ taken_at, restored_at }).execute();
    // A look into the channel that was made before says nothing of the time since.
    await trx.updateTable('deliveries').set({ absent_at: null }).where('absent_at', 'is not', null).execute();
  });
}

/** Copies the store while no other process has it open. */
function keepAside(target: string, kept: string): string {
  using alone = new DatabaseSync(target, { timeout: 0 });
  try {
    // SQLite leaves the WAL mode only where no other connection is open: https://www.sqlite.org/wal.html
    const mode = alone.prepare('pragma journal_mode = delete').get();
    if (mode?.['journal_mode'] !== 'delete') throw new Error('it is in use');
    alone.exec('begin exclusive');
  } catch (error) {
    throw UserError.failure('store_in_use', `Another process has the store ${target} open (${messageOf(error)})`, {
      hint: 'Stop the worker and every command that uses it, then restore.',
      cause: error,
    });
  }
  copyPrivately(target, kept);
  return kept;
}

async function contentsOf(db: Kysely<Database>, takenAt: string): Promise<BackupContents> {
  const count = sql<number>`count(*)`.as('rows');
  const notifications = await db.selectFrom('notifications').select(count).executeTakeFirstOrThrow();
  const deliveries = await db.selectFrom('deliveries').select(count).where(IS_REPORT).executeTakeFirstOrThrow();
  return { takenAt, notifications: notifications.rows, deliveries: deliveries.rows };
}

async function checkIntegrity(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(1)`.execute(db);
  if (rows[0]?.integrity_check !== 'ok') throw new Error(rows[0]?.integrity_check ?? 'it cannot be checked');
}

function openFile(file: string): Kysely<Database> & AsyncDisposable {
  return new Kysely<Database>({ dialect: sqliteDialect(file) });
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}
