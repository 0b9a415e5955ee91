import { Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { UserError } from '../lib/errors.ts';
import { type Kind, migrations as ours } from './migrations.ts';
import { sqliteDialect } from './sqlite.ts';

type Migrations = ReturnType<typeof ours>;
type MigrationsOf = (kind: Kind) => Migrations;

/** Adds only: programs that do not know such a migration work with the store all the same. docs/upgrading.md */
const ADDS_ONLY = /^\d+_expand_/;

interface UpgradeOptions {
  kind: Kind;
  /** What messages call the store. */
  place: string;
  /** Whether a store of an older version is brought up to date; a new one always is. */
  upgrade: boolean;
  /** Those of this program when absent. */
  migrationsOf?: MigrationsOf;
}

/**
 * Creates the tables of a new store, and brings those of an older one up to date where that is wanted; processes that do so
 * at the same time take turns. Returns the names of all migrations that the store has now.
 * @throws UserError `store_too_new`, `store_too_old` or `store_unreleased`, without having changed anything.
 */
export async function bringUpToDate<Tables>(db: Kysely<Tables>, options: UpgradeOptions): Promise<string[]> {
  const { kind, place, upgrade, migrationsOf = ours } = options;
  const migrations = migrationsOf(kind);
  const schema = await readSchema(db, kind);
  const unknown = schema.executed.filter((name) => !(name in migrations));
  const pending = Object.keys(migrations).filter((name) => !schema.executed.includes(name));
  const isNew = schema.executed.length === 0 && !schema.tables.has('deliveries');

  if (unknown.some((name) => !ADDS_ONLY.test(name)) || (unknown.length > 0 && pending.length > 0)) {
    throw refusal('store_too_new', `was changed by a newer version of slack-reports (${unknown.join(', ')})`, place, {
      hint: 'Use that version, or restore a backup that this one made: docs/upgrading.md.',
    });
  }
  if (pending.length > 0 && !isNew && !upgrade) {
    throw refusal('store_too_old', `is of an older version of slack-reports (it lacks ${pending.join(', ')})`, place, {
      hint: 'Make a backup, then bring it up to date: `slack-reports migrate`.',
    });
  }
  if (pending.length > 0) {
    await migrate(db, migrations, kind === 'postgres' ? await currentSchema(db) : undefined);
  } else {
    const expected = await expectedSchema(migrationsOf('sqlite'));
    // Another process may have made the tables between the two looks of the first reading.
    const missing = missingFrom(schema, expected).length === 0 ? [] : missingFrom(await readSchema(db, kind), expected);
    if (missing[0] !== undefined) throw unreleased(missing[0], place);
  }
  return [...new Set([...schema.executed, ...pending])];
}

async function migrate<Tables>(db: Kysely<Tables>, migrations: Migrations, schema: string | undefined): Promise<void> {
  const provider = { getMigrations: async () => migrations };
  // Another program's table of migrations may be in another schema.
  const migrator = new Migrator({ db, provider, ...(schema !== undefined && { migrationTableSchema: schema }) });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Before a release its migration is changed in place, so that two stores can have it and not be the same. */
function unreleased(missing: string, place: string): UserError {
  return refusal('store_unreleased', `was made by an unreleased state of slack-reports (it lacks ${missing})`, place, {
    hint: 'Move it away and start with a new one. The version that made it can still read it.',
  });
}

type Refusal = 'store_too_new' | 'store_too_old' | 'store_unreleased';

function refusal(code: Refusal, what: string, place: string, { hint }: { hint: string }): UserError {
  return UserError.failure(code, `The store ${place} ${what}`, { hint });
}

interface Schema {
  /** Names of migrations. */
  executed: string[];
  /** Names of columns by table. */
  tables: Map<string, Set<string>>;
}

/** What is in the database. */
async function readSchema<Tables>(db: Kysely<Tables>, kind: Kind): Promise<Schema> {
  const all = await db.introspection.getTables({ withInternalKyselyTables: true });
  const own = kind === 'postgres' ? await currentSchema(db) : undefined;
  const found = all.filter((table) => own === undefined || table.schema === own);
  const tables = new Map(found.map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]));
  const rows = tables.has('kysely_migration')
    ? (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)).rows
    : [];
  return { executed: rows.map(({ name }) => name), tables };
}

/** A Postgres database may have schemas of other programs. */
async function currentSchema<Tables>(db: Kysely<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select current_schema() as name`.execute(db);
  return rows[0]?.name;
}

/** The migrations tell which tables there should be: they are the same in SQLite and in Postgres. */
async function expectedSchema(migrations: Migrations): Promise<Schema> {
  const db = new Kysely<unknown>({ dialect: sqliteDialect(':memory:') });
  try {
    for (const migration of Object.values(migrations)) await migration.up(db);
    return await readSchema(db, 'sqlite');
  } finally {
    await db.destroy();
  }
}

function missingFrom(actual: Schema, expected: Schema): string[] {
  return [...expected.tables].flatMap(([table, columns]) =>
    [...columns]
      .filter((column) => actual.tables.get(table)?.has(column) !== true)
      .map((column) => `${table}.${column}`),
  );
}
