import { Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { postgresDialect } from '../../../src/store/postgres.ts';
import type { Database } from '../../../src/store/schema.ts';
import { swallowingProxy } from '../../support/swallowing-proxy.ts';
import { isMissing, STORE_KINDS, temporaryStore } from '../../support/store.ts';

const TIMEOUTS = { connect: 1_000, statement: 700, lock: 400, idleInTransaction: 700, answer: 1_000 };

test.skipIf(isMissing('postgres') || !STORE_KINDS.includes('postgres'))(
  'a Postgres that goes silent fails every query in time, and answers again over new connections',
  async () => {
    await using temporary = await temporaryStore('postgres');
    using proxy = await swallowingProxy(new URL(temporary.databaseUrl));
    await using db = new Kysely<Database>({ dialect: postgresDialect(proxy.url, TIMEOUTS) });
    const ask = () => sql<{ one: number }>`select 1 as one`.execute(db).then(({ rows }) => rows[0]?.one);
    expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(Array.from({ length: 20 }, () => 1));

    proxy.swallow(true);
    const begun = performance.now();
    const inTransaction = db.transaction().execute((trx) => sql`select 1`.execute(trx));
    const all = await Promise.allSettled([inTransaction, ...Array.from({ length: 10 }, ask)]);
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 'rejected'));
    expect(performance.now() - begun).toBeLessThan(6_000);

    // The connections of before are still open, and swallow forever: only new ones can answer.
    proxy.swallow(false);
    expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(Array.from({ length: 20 }, () => 1));
  },
);

test.skipIf(isMissing('postgres') || !STORE_KINDS.includes('postgres'))(
  'the server ends a statement, a wait for a lock and an idle transaction that take too long',
  async () => {
    await using temporary = await temporaryStore('postgres');
    await using db = new Kysely<Database>({ dialect: postgresDialect(temporary.databaseUrl, TIMEOUTS) });
    await expect(sql`select pg_sleep(5)`.execute(db)).rejects.toThrow(/statement timeout/);
    const idle = db.transaction().execute(async (trx) => {
      await sql`lock table notifications`.execute(trx);
      await expect(sql`lock table notifications`.execute(db)).rejects.toThrow(/lock timeout/);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await sql`select 1`.execute(trx);
    });
    await expect(idle).rejects.toThrow();
    expect((await sql`select 1`.execute(db)).rows).toHaveLength(1);
  },
);
