import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { SqliteAdapter, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { UserError } from '../lib/errors.ts';
import { makePrivateFile } from '../lib/folders.ts';

/** How long a writer waits for another process's write before SQLite gives up, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;
/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
/** Pages kept in memory, in KiB; SQLite's own default is 2,000 (sqlite.org/pragma.html#pragma_cache_size). */
const CACHE_KIB = 64_000;
/** Prepared statements kept; the program has some dozens, and inserts of as many lengths as there are batches. */
const STATEMENTS_KEPT = 200;

/** Kysely's SQLite dialect over Node's own driver. WAL lets the command line read while the worker writes. */
export function sqliteDialect(file: string): SqliteDialect {
  return new TransactionalSqliteDialect({ database: () => openDatabase(file) });
}

/** SQLite rolls tables back as it does rows, so two processes that migrate at once take turns in one transaction. */
class TransactionalSqliteDialect extends SqliteDialect {
  override createAdapter() {
    return new TransactionalSqliteAdapter();
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true;
  }
}

async function openDatabase(file: string): Promise<SqliteDatabase> {
  const isFile = file !== ':memory:';
  if (isFile) makePrivateFile(file);
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  await useWal(database);
  database.exec('pragma synchronous = normal');
  const identity = isFile ? fileIdentity(file) : undefined;
  // In KiB. The claim of a large run writes its rows in the order of their slots, all over the table.
  database.exec(`pragma cache_size = -${CACHE_KIB}`);
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (sql) => {
      if (isFile && fileIdentity(file) !== identity && !ENDS.has(sql)) throw gone(file);
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = prepare(database, sql);
      if (prepared.size >= STATEMENTS_KEPT) prepared.clear();
      prepared.set(sql, statement);
      return statement;
    },
  };
}

/** What ends a transaction is let through, or its connection would be stuck. */
const ENDS: ReadonlySet<string> = new Set(['commit', 'rollback']);

/** Tells a file from another one at the same place; undefined where there is none. Takes some microseconds. */
function fileIdentity(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/** What is written to a file without a name is lost with the process: then nothing may be claimed and posted. */
function gone(file: string): UserError {
  return UserError.failure(
    'store_unavailable',
    `The file ${file} is not the one that was opened: it was moved or deleted`,
    {
      hint: 'Put it back or restore a backup, then restart the workers.',
    },
  );
}

/** SQLite does not wait for another process that writes into a file which is not in this mode yet: it is busy at once. */
async function useWal(database: DatabaseSync): Promise<void> {
  const until = Date.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      database.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      const isBusy = (error as { errcode?: number }).errcode === SQLITE_BUSY;
      if (isBusy && Date.now() < until) await sleep(10);
      else {
        database.close();
        throw error;
      }
    }
  }
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  // A plain `begin` takes the write lock at the first write, and fails at once, without waiting, when another
  // process has written since this one read (https://www.sqlite.org/rescode.html#busy_snapshot).
  const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SqlValue[])),
    run: (parameters) => statement.run(...(parameters as SqlValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SqlValue[])),
  };
}

type SqlValue = string | number | bigint | null;
