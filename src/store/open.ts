import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { UserError, messageOf } from '../lib/errors.ts';
import { isPostgres, placeOf, sqliteFile } from '../lib/database-url.ts';
import { makeFolder } from '../lib/folders.ts';
import { claims } from './claims/claims.ts';
import { deliveryList } from './ledger/delivery-list.ts';
import { files } from './ledger/files.ts';
import { type DeliveryMove, ledger } from './ledger/ledger.ts';
import { notifications } from './notifications.ts';
import { type Pace, pacing, UNPACED } from './pacing.ts';
import { parking } from './parking.ts';
import { scheduleChecks } from './claims/dropped-fires.ts';
import { dueTimes } from './claims/due-times.ts';
import type { Database } from './schema.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import { timeRules } from './time-rules.ts';
import { bringUpToDate } from './upgrade.ts';
import { work } from './ledger/work.ts';
import { workspaces } from './workspaces.ts';

export type Store = Awaited<ReturnType<typeof openStore>>;

interface StoreOptions {
  /** Brings a store of an older version up to date. */
  upgrade?: boolean;
  /** Hears of every report that has moved. */
  onMove?: (move: DeliveryMove) => void;
}

/**
 * Opens the store at a `DATABASE_URL`. An embedded one, `sqlite:path/to/file.db`, is created with its folder where there is
 * none; `postgres://…` needs a database that exists. `pace` is for a process that claims and posts: how fast Slack may be
 * posted to.
 * Throws a UserError that names the place, without its password, when it cannot be read or written, and when this program
 * cannot work with its tables.
 */
export async function openStore(url: string, pace: Pace = UNPACED, { upgrade = false, onMove }: StoreOptions = {}) {
  const db = await openDatabase(url, upgrade);
  const identity = isPostgres(url) ? undefined : fileIdentity(sqliteFile(url));
  return {
    notifications: notifications(db),
    workspaces: workspaces(db),
    claims: claims(db, pace),
    pacing: pacing(db, pace),
    ledger: ledger(db, onMove),
    files: files(db),
    deliveries: deliveryList(db),
    parking: parking(db),
    scheduleChecks: scheduleChecks(db),
    dueTimes: dueTimes(db),
    timeRules: timeRules(db),
    work: work(db),
    db,
    url,
    /** Throws where the store cannot be written, or its file is no longer at its place. */
    async probe(): Promise<void> {
      if (identity !== undefined && fileIdentity(sqliteFile(url)) !== identity) {
        throw new Error(`The file ${sqliteFile(url)} is not the one that was opened: it was moved or deleted`);
      }
      // Takes the lock of a writer and changes nothing.
      await db.updateTable('slack_pace').set({ next_at: 0 }).where('key', '=', '').execute();
    },
    close: () => db.destroy(),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

async function openDatabase(url: string, upgrade: boolean): Promise<Kysely<Database>> {
  const kind = isPostgres(url) ? 'postgres' : 'sqlite';
  let db: Kysely<Database> | undefined;
  try {
    db = new Kysely<Database>({
      dialect: kind === 'postgres' ? postgresDialect(url) : sqliteDialect(createFolder(url)),
    });
    await bringUpToDate(db, { kind, place: placeOf(url), upgrade });
    return db;
  } catch (error) {
    await db?.destroy().catch(() => undefined);
    if (error instanceof UserError) throw error;
    throw UserError.failure('store_unavailable', `Cannot open the database ${placeOf(url)}: ${messageOf(error)}`, {
      hint: HINTS[kind],
      cause: error,
    });
  }
}

const HINTS = {
  sqlite: 'Check that the folder exists and can be written, or set DATABASE_URL=sqlite:path/to/file.db.',
  postgres: 'Check that the server runs, and that the database and the user of DATABASE_URL exist.',
};

/** Makes the folder of an embedded store and returns its file. */
export function createFolder(url: string): string {
  const file = sqliteFile(url);
  makeFolder(dirname(file));
  return file;
}

/** Tells a file from another one at the same place; undefined where there is none. */
function fileIdentity(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
