import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { UserError, messageOf } from '../errors.ts';
import { claims } from './claims.ts';
import { deliveryList } from './delivery-list.ts';
import { ledger } from './ledger.ts';
import { migrations } from './migrations.ts';
import { notifications } from './notifications.ts';
import { type Pace, pacing, UNPACED } from './pacing.ts';
import { parking } from './parking.ts';
import { scheduleChecks } from './schedule-checks.ts';
import type { Database } from './schema.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import { work } from './work.ts';
import { workspaces } from './workspaces.ts';

export type Store = Awaited<ReturnType<typeof openStore>>;

/**
 * Opens the store at a `DATABASE_URL` and brings its tables up to date. An embedded one, `sqlite:path/to/file.db`, is
 * created with its folder where there is none; `postgres://…` needs a database that exists.
 * `pace` is for a process that claims and posts: how fast Slack may be posted to.
 * Throws a UserError that names the place, without its password, when it cannot be read or written.
 */
export async function openStore(url: string, pace: Pace = UNPACED) {
  const db = await openDatabase(url);
  return {
    notifications: notifications(db),
    workspaces: workspaces(db),
    claims: claims(db, pace),
    pacing: pacing(db, pace),
    ledger: ledger(db),
    deliveries: deliveryList(db),
    parking: parking(db),
    scheduleChecks: scheduleChecks(db),
    work: work(db),
    db,
    close: () => db.destroy(),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

async function openDatabase(url: string): Promise<Kysely<Database>> {
  const kind = isPostgres(url) ? 'postgres' : 'sqlite';
  let db: Kysely<Database> | undefined;
  try {
    db = new Kysely<Database>({
      dialect: kind === 'postgres' ? postgresDialect(url) : sqliteDialect(createFolder(url)),
    });
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations(kind) } });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    return db;
  } catch (error) {
    await db?.destroy().catch(() => undefined);
    throw new UserError('store_unavailable', `Cannot open the database ${placeOf(url)}: ${messageOf(error)}`, {
      hint: HINTS[kind],
      exitCode: 1,
      cause: error,
    });
  }
}

const HINTS = {
  sqlite: 'Check that the folder exists and can be written, or set DATABASE_URL=sqlite:path/to/file.db.',
  postgres: 'Check that the server runs, and that the database and the user of DATABASE_URL exist.',
};

export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/** The file of an embedded store. */
export function sqliteFile(url: string): string {
  return resolve(url.replace(/^sqlite:/, ''));
}

function createFolder(url: string): string {
  const file = sqliteFile(url);
  makeFolder(dirname(file));
  return file;
}

/** Node's own recursive mkdir never ends where a file system refuses a folder as if its parent were missing: /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** For people: a URL without its password, or the path of the file. */
export function placeOf(url: string): string {
  if (!isPostgres(url)) return sqliteFile(url);
  const { host, pathname, username } = new URL(url);
  return `postgres://${username}@${host}${pathname}`;
}
