import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../../src/reports/sources/databases.ts';
import { isMissing, STORE_KINDS, type StoreKind, temporaryStore } from '../../../support/store.ts';

/** A database with a table of orders, and the reference that points to it. */
async function orders(kind: StoreKind) {
  const temporary = await temporaryStore(kind);
  const { db } = temporary.store;
  await db.schema.createTable('orders').addColumn('region', 'text').addColumn('amount', 'integer').execute();
  await temporary.store.db
    .withTables<{ orders: { region: string; amount: number } }>()
    .insertInto('orders')
    .values([
      { region: 'north', amount: 7 },
      { region: "o'south", amount: 5 },
    ])
    .execute();
  const database = databases('sqlite:none', { REPORTS_DB_WARE_HOUSE: temporary.databaseUrl })('ware-house');
  return { database, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}

const ENDLESS = {
  sqlite: 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n',
  postgres: 'select pg_sleep(60)',
};

describe.each(STORE_KINDS)('a database on %s', (kind) => {
  describe.skipIf(isMissing(kind))('by reference', () => {
    test('answers with values bound, by name or in the template', async () => {
      await using there = await orders(kind);
      const region = "o'south";
      expect(await there.database.sql`select amount from orders where region = ${region}`).toEqual([{ amount: 5 }]);
      const text =
        'select sum(amount) as total, count(*) as orders from orders where region = :region or :region = :all';
      expect(await there.database.query(text, { region: 'x', all: 'x' })).toEqual([{ total: 12, orders: 2 }]);
    });

    test('cannot be written to, whatever the query says, and goes on answering', async () => {
      await using there = await orders(kind);
      for (const text of [
        'delete from orders',
        'drop table orders',
        "commit; begin; delete from orders; select 'x'",
        'select 1; delete from orders',
      ]) {
        await there.database.query(text).catch(() => undefined);
      }
      await expect(there.database.query('delete from orders')).rejects.toThrow(
        /read.?only|A report reads|not authorized/,
      );
      expect(await there.database.query('select count(*) as n from orders')).toEqual([{ n: 2 }]);
    });

    test('takes one statement: a second one is an error, a comment is not', async () => {
      await using there = await orders(kind);
      await expect(there.database.query('select 1 as one; select 2 as one')).rejects.toThrow();
      expect(await there.database.query('select 1 as one; -- and; select 2\n/* no; more */ ;')).toEqual([{ one: 1 }]);
    });

    test('ends a query that takes too long, and answers the next one', async () => {
      await using there = await orders(kind);
      await expect(there.database.query(ENDLESS[kind], {}, { timeoutMs: 300 })).rejects.toThrow(/longer than|timeout/);
      expect(await there.database.query('select 1 as one')).toEqual([{ one: 1 }]);
    });
  });
});

test('SQLite writes no file and reads no other', async () => {
  await using there = await orders('sqlite');
  await using other = await temporaryStore('sqlite');
  const file = join(other.folder, 'copy.db');
  for (const text of [
    `vacuum into '${file}'`,
    `attach '${other.databaseUrl.replace('sqlite:', '')}' as other`,
    'begin',
    'pragma journal_mode = delete',
    'create temp table x (y)',
    "select load_extension('x')",
    'select * from pragma_journal_mode',
  ]) {
    await expect(there.database.query(text), text).rejects.toThrow(/not authorized|prohibited|denied/);
  }
  expect(existsSync(file)).toBe(false);
  expect(await there.database.query("select count(*) as n from pragma_table_info('orders')")).toEqual([{ n: 2 }]);
  expect(
    await there.database.query(
      'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) select max(abs(i)) as n from n',
    ),
  ).toEqual([{ n: 3 }]);
});

describe.skipIf(isMissing('postgres') || !STORE_KINDS.includes('postgres'))(
  'a Postgres that is read as a superuser',
  () => {
    test.each([
      "select lo_from_bytea(0, 'x')",
      'select lo_create(0)',
      "select pg_read_file('/etc/hostname')",
      `select "pg_read_file"('/etc/hostname')`,
      "select set_config('search_path', 'nowhere', false)",
      "copy (select 1) to program 'true'",
      'set search_path to nowhere',
      'listen x',
      'select pg_advisory_lock(1)',
      'do $$ begin end $$',
    ])('%s is refused', async (text) => {
      await using there = await orders('postgres');
      await expect(there.database.query(text)).rejects.toThrow(/A report reads|may not call/);
      expect(await there.database.query("select 'pg_read_file(x)' as text")).toEqual([{ text: 'pg_read_file(x)' }]);
    });

    test('is no superuser for the query, and one report leaves nothing for the next', async () => {
      await using there = await orders('postgres');
      const [me] = await there.database.query<{ me: string }>("select current_setting('is_superuser') as me");
      expect(me).toEqual({ me: 'off' });
      // Behind a function that the list does not know.
      await there.database
        .query("select e'\\\\x' as x, pg_catalog.\"set_config\" ('search_path', 'nowhere', false)")
        .catch(() => undefined);
      expect(await there.database.query('select count(*) as n from orders')).toEqual([{ n: 2 }]);
      const locks = "select count(*) as n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";
      expect(await there.database.query(locks)).toEqual([{ n: 0 }]);
    });
  },
);
