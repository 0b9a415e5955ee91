import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { UserError, messageOf } from '../errors.ts';
import { claims } from './claims.ts';
import { deliveryList } from './delivery-list.ts';
import { ledger } from './ledger.ts';
import { migrations } from './migrations.ts';
import { notifications } from './notifications.ts';
import { parking } from './parking.ts';
import type { Database } from './schema.ts';
import { sqliteDialect } from './sqlite.ts';
import { workspaces } from './workspaces.ts';

export type Store = Awaited<ReturnType<typeof openStore>>;

/**
 * Opens the database, creating file and folder where there are none, and brings its tables up to date.
 * Throws a UserError that names the file when it cannot be read or written.
 */
export async function openStore(databaseFile: string) {
  const db = await openDatabase(databaseFile);
  return {
    notifications: notifications(db),
    workspaces: workspaces(db),
    claims: claims(db),
    ledger: ledger(db),
    deliveries: deliveryList(db),
    parking: parking(db),
    db,
    close: () => db.destroy(),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

async function openDatabase(databaseFile: string): Promise<Kysely<Database>> {
  const file = resolve(databaseFile);
  let db: Kysely<Database> | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    db = new Kysely<Database>({ dialect: sqliteDialect(file) });
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    return db;
  } catch (error) {
    await db?.destroy().catch(() => undefined);
    throw new UserError('store_unavailable', `Cannot open the database ${file}: ${messageOf(error)}`, {
      hint: 'Check that the folder exists and can be written, or set DATABASE_URL=sqlite:path/to/file.db.',
      exitCode: 1,
      cause: error,
    });
  }
}
