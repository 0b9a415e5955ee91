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
      await expect(there.database.query('delete from orders')).rejects.toThrow(/read.?only/);
      expect(await there.database.query('select count(*) as n from orders')).toEqual([{ n: 2 }]);
    });

    test('ends a query that takes too long, and answers the next one', async () => {
      await using there = await orders(kind);
      await expect(there.database.query(ENDLESS[kind], {}, { timeoutMs: 300 })).rejects.toThrow(/longer than|timeout/);
      expect(await there.database.query('select 1 as one')).toEqual([{ one: 1 }]);
    });
  });
});
