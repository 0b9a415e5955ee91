import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { databases } from '../../src/reports/sources/databases.ts';
import { temporaryStore } from '../support/store.ts';
import { until } from '../support/until.ts';

test.skipIf(inject('postgresUrl') === undefined)(
  'a connection that Postgres ends in the middle of a transaction fails the transaction, and nothing else',
  async () => {
    await using one = await temporaryStore('postgres');
    const broken = one.store.db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      const pid = rows[0]?.pid;
      await sql`select pg_terminate_backend(${pid})`.execute(one.store.db);
      // Its end is told while no query is under way; without a listener that ends the process.
      await until('the connection to end', async () => {
        const left = await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(one.store.db);
        return left.rows.length === 0;
      });
      await sql`select 1`.execute(trx);
    });
    await expect(broken).rejects.toThrow();
    expect(await one.store.notifications.count()).toBe(0);
  },
);

test.skipIf(inject('postgresUrl') === undefined)('numbers and dates of Postgres come as they are written', async () => {
  const database = databases(inject('postgresUrl') ?? '', {})('store');
  const rows = await database.query("select 1.5::numeric as n, 2::bigint as b, '2026-11-23'::date as d");
  expect(rows).toEqual([{ n: 1.5, b: 2, d: '2026-11-23' }]);
});
