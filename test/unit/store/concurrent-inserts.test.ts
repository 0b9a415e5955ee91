import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { insertClaims, pendingRow } from '../../../src/store/claims/claim-rows.ts';
import type { Store } from '../../../src/store/open.ts';
import { isMissing, rider, STORE_KINDS, temporaryStore } from '../../support/store.ts';
import { until } from '../../support/until.ts';

const NOMINAL = new Date('2026-11-23T08:00:00Z');
const ORIGIN = { dispatchId: 'run', nominal: NOMINAL };
const STAMPED = { createdAt: NOMINAL.toISOString(), updatedAt: NOMINAL.toISOString() };

const SEEN = { checkedUntil: NOMINAL.toISOString(), dropped: 0, lookedAt: NOMINAL.toISOString() };
const CHECK = { scheduleId: 's', dispatchId: 'run', nominals: [NOMINAL], reason: 'dropped', seen: SEEN };

function claimOf(id: string) {
  const time = { occurrence: '2026-11-23T08:00:00Z', dueAt: NOMINAL };
  return pendingRow({ ...rider(id, 's'), ...STAMPED }, time, ORIGIN);
}

/** Writes of a row that another transaction has inserted and not yet committed. */
const WRITES: Record<string, { table: string; write: (store: Store) => Promise<unknown> }> = {
  'a notification': { table: 'notifications', write: ({ notifications }) => notifications.add([rider('b', 's')]) },
  'a workspace': {
    table: 'workspaces',
    write: ({ workspaces }) => workspaces.put({ id: 'new', name: 'New', tokenRef: 'sandbox' }),
  },
  'a check of a schedule': { table: 'schedule_checks', write: ({ scheduleChecks }) => scheduleChecks.record(CHECK) },
  'a claim': {
    table: 'deliveries',
    write: ({ db }) => db.transaction().execute((trx) => insertClaims(trx, [claimOf('a')])),
  },
  'a planned slot': {
    table: 'slack_pace',
    write: ({ claims }) => claims.claimDue({ ...ORIGIN, selection: { kind: 'due', schedule: 's' } }),
  },
};

describe.each(STORE_KINDS)('two transactions at once on %s', (kind) => {
  // SQLite lets one transaction write at a time.
  const writes = kind === 'postgres' ? Object.entries(WRITES) : [];
  test.skipIf(isMissing(kind)).each(writes)('can insert %s', async (_, { table, write }) => {
    await using temporary = await temporaryStore(kind, { channelMs: 100, workspaceMs: 10, workspaceBurstMs: 0 });
    const { store } = temporary;
    await store.notifications.add([rider('a', 's')]);
    await write(store);
    // The first writer's rows are taken back and written again in a transaction that stays open.
    const rows = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(store.db);
    if (table === 'deliveries' || table === 'slack_pace') await store.db.deleteFrom('deliveries').execute();
    if (table === 'slack_pace') await store.db.deleteFrom('slack_pace').execute();
    if (table === 'notifications') await store.db.deleteFrom('notifications').where('id', '=', 'b').execute();
    if (table === 'workspaces') await store.db.deleteFrom('workspaces').where('id', '=', 'new').execute();
    if (table === 'schedule_checks') await store.db.deleteFrom('schedule_checks').execute();
    const kept = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(store.db);
    const own = rows.rows.filter((row) => !kept.rows.some((other) => JSON.stringify(other) === JSON.stringify(row)));
    expect(own.length).toBeGreaterThan(0);
    const open = await store.db.startTransaction().execute();
    await open
      .insertInto(table as 'workspaces')
      .values(own as never)
      .execute();
    const second = write(store);
    await until('the second to wait for the first', async () => {
      const { rows: waiting } = await sql<{ pid: number }>`
        select pid from pg_locks where not granted and locktype in ('transactionid', 'tuple')`.execute(store.db);
      return waiting.length > 0;
    });
    await open.commit().execute();
    await expect(second).resolves.not.toThrow();
  });

  test.skipIf(isMissing(kind))('add one of two notifications of one id, and say so to the other', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => store.notifications.add([rider('b', 's'), rider('a', 's')])),
    );
    expect(answers.filter(({ existing }) => existing.length === 0)).toHaveLength(1);
    expect(await store.notifications.list()).toHaveLength(2);
  });

  test.skipIf(isMissing(kind))('claim the same rows in opposite orders without a deadlock', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    const rows = Array.from({ length: 1_000 }, (_, index) => claimOf(`n-${index}`));
    const insert = (some: typeof rows) => store.db.transaction().execute((trx) => insertClaims(trx, some));
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([insert(rows), insert(rows.toReversed())]);
      expect(await store.deliveries.countByState({})).toEqual({ pending: 1_000 });
      await store.db.deleteFrom('deliveries').execute();
    }
  });
});
