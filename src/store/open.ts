import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Dialect, Kysely, sql } from 'kysely';
import { UserError, messageOf } from '../lib/errors.ts';
import { isPostgres, placeOf, schemaOf, sqliteFile } from '../lib/database-url.ts';
import { makeFolder } from '../lib/folders.ts';
import { claims } from './claims/claims.ts';
import { DURABLE_ANYWAY, syncedLog } from './durable.ts';
import { deliveryList } from './ledger/delivery-list.ts';
import { files } from './ledger/files.ts';
import { ledger } from './ledger/ledger.ts';
import type { DeliveryMove } from './ledger/moves.ts';
import { prune, type Pruned, type PruneOptions } from './ledger/prune.ts';
import { milestones } from './milestones.ts';
import { notifications } from './notifications.ts';
import { type Pace, pacing, UNPACED } from './pacing.ts';
import { owners } from './owners.ts';
import { parking } from './parking.ts';
import { streaks } from './streaks.ts';
import { sourceCopies } from './claims/source-copies.ts';
import { sourceReads } from './claims/source-reads.ts';
import { scheduleChecks } from './claims/dropped-fires.ts';
import { dueTimes } from './claims/due-times.ts';
import type { Database } from './schema.ts';
import { sqliteDialect } from './sqlite.ts';
import { timeRules } from './time-rules.ts';
import { bringUpToDate } from './upgrade.ts';
import { work } from './ledger/work.ts';
import { workspaces } from './workspaces.ts';

/** Named, since the declaration of `openStore` would have to name types that are private to its parts. */
export interface Store extends AsyncDisposable {
  notifications: ReturnType<typeof notifications>;
  workspaces: ReturnType<typeof workspaces>;
  claims: ReturnType<typeof claims>;
  pacing: ReturnType<typeof pacing>;
  ledger: ReturnType<typeof ledger>;
  files: ReturnType<typeof files>;
  deliveries: ReturnType<typeof deliveryList>;
  parking: ReturnType<typeof parking>;
  scheduleChecks: ReturnType<typeof scheduleChecks>;
  dueTimes: ReturnType<typeof dueTimes>;
  sourceCopies: ReturnType<typeof sourceCopies>;
  sourceReads: ReturnType<typeof sourceReads>;
  timeRules: ReturnType<typeof timeRules>;
  work: ReturnType<typeof work>;
  milestones: ReturnType<typeof milestones>;
  owners: ReturnType<typeof owners>;
  streaks: ReturnType<typeof streaks>;
  db: Kysely<Database>;
  url: string;
  /** Deletes what is old from the ledger, and keeps what "once" needs. */
  prune(options: PruneOptions): Promise<Pruned>;
  /** Throws where the store cannot be written, or its file is no longer at its place. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

interface StoreOptions {
  /** Brings a store of an older version up to date. */
  upgrade?: boolean;
  /** Fails where there is no embedded store yet, for what only reads. */
  mustExist?: boolean;
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
export async function openStore(
  url: string,
  pace: Pace = UNPACED,
  { upgrade = false, mustExist = false, onMove }: StoreOptions = {},
): Promise<Store> {
  if (mustExist && !isStoreThere(url)) throw noStore(sqliteFile(url));
  const db = await openDatabase(url, upgrade);
  const makeDurable = isPostgres(url) || url === IN_MEMORY ? DURABLE_ANYWAY : syncedLog(sqliteFile(url));
  return {
    notifications: notifications(db),
    workspaces: workspaces(db),
    claims: claims(db, pace, makeDurable),
    pacing: pacing(db, pace),
    ledger: ledger(db, onMove, makeDurable),
    files: files(db),
    deliveries: deliveryList(db),
    parking: parking(db),
    scheduleChecks: scheduleChecks(db),
    dueTimes: dueTimes(db),
    sourceCopies: sourceCopies(db),
    sourceReads: sourceReads(db),
    timeRules: timeRules(db),
    work: work(db),
    milestones: milestones(db),
    owners: owners(db),
    streaks: streaks(db),
    db,
    url,
    prune: (options) => prune(db, options),
    async probe() {
      // Takes the lock of a writer and changes nothing.
      await db.updateTable('slack_pace').set({ next_at: 0 }).where('key', '=', '').execute();
    },
    close: () => closeInTime(db),
    [Symbol.asyncDispose]: () => closeInTime(db),
  };
}

/** How long connections in use may take to come back, in milliseconds: those to a silent server never do. */
const CLOSE_MS = 5_000;

async function closeInTime(db: Kysely<Database>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, CLOSE_MS);
  try {
    await Promise.race([db.destroy(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function openDatabase(url: string, upgrade: boolean): Promise<Kysely<Database>> {
  const kind = isPostgres(url) ? 'postgres' : 'sqlite';
  let db: Kysely<Database> | undefined;
  try {
    const schema = schemaOf(url);
    if (schema !== undefined) await createSchema(url, schema);
    if (kind === 'postgres' && upgrade) await upgradePostgres(url);
    db = new Kysely<Database>({
      dialect:
        kind === 'postgres' ? await dialectOf(url) : sqliteDialect(url === IN_MEMORY ? ':memory:' : createFolder(url)),
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

/** Looks first: who may use a schema need not be allowed to make one. */
async function createSchema(url: string, schema: string): Promise<void> {
  const db = new Kysely<Database>({ dialect: await dialectOf(url) });
  try {
    const { rows } = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(db);
    if (rows.length === 0) await sql`create schema if not exists ${sql.id(schema)}`.execute(db);
  } finally {
    await db.destroy();
  }
}

/** Its driver is loaded only where it is used: a command over an embedded store starts sooner. */
async function dialectOf(url: string, { unhurried = false } = {}): Promise<Dialect> {
  const { postgresDialect, UNHURRIED } = await import('./postgres.ts');
  return unhurried ? postgresDialect(url, UNHURRIED) : postgresDialect(url);
}

async function upgradePostgres(url: string): Promise<void> {
  const db = new Kysely<Database>({ dialect: await dialectOf(url, { unhurried: true }) });
  try {
    await bringUpToDate(db, { kind: 'postgres', place: placeOf(url), upgrade: true });
  } finally {
    await db.destroy();
  }
}

const HINTS = {
  sqlite: 'Check that the folder exists and can be written, or set DATABASE_URL=sqlite:path/to/file.db.',
  postgres: 'Check that the server runs, and that the database and the user of DATABASE_URL exist.',
};

/** An embedded store that ends with the process. */
export const IN_MEMORY = 'sqlite::memory:';

/** Whether an embedded store has its file; of Postgres only a connection tells. */
export function isStoreThere(url: string): boolean {
  return isPostgres(url) || existsSync(sqliteFile(url));
}

/** Makes the folder of an embedded store and returns its file. */
export function createFolder(url: string): string {
  const file = sqliteFile(url);
  makeFolder(dirname(file));
  return file;
}

function noStore(file: string): UserError {
  return UserError.failure('no_store', `There is no store at ${file}`, {
    hint: 'Check DATABASE_URL and the folder you are in. A worker, `npm start`, `migrate` and commands that add something create a new store.',
  });
}
