import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { temporaryStore } from '../support/store.ts';
import { until } from '../support/until.ts';

test.skipIf(inject('postgresUrl') === undefined)(
  'a connection that Postgres ends in the midst of a transaction fails the transaction, and nothing else',
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
