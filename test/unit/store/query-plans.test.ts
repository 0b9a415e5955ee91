import { DatabaseSync } from 'node:sqlite';
import { CompiledQuery, Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { dueTimes } from '../../../src/store/claims/due-times.ts';
import { claims } from '../../../src/store/claims/claims.ts';
import { sourceCopies } from '../../../src/store/claims/source-copies.ts';
import { deliveryList } from '../../../src/store/ledger/delivery-list.ts';
import { ledger } from '../../../src/store/ledger/ledger.ts';
import { sqliteFile } from '../../../src/lib/database-url.ts';
import { defineSource } from '../../../src/sources/define.ts';
import { readerOf } from '../../../src/sources/read.ts';
import { owners } from '../../../src/store/owners.ts';
import { streaks } from '../../../src/store/streaks.ts';
import { prune } from '../../../src/store/ledger/prune.ts';
import { pacing } from '../../../src/store/pacing.ts';
import { parking } from '../../../src/store/parking.ts';
import { postgresDialect } from '../../../src/store/postgres.ts';
import type { Database } from '../../../src/store/schema.ts';
import { sqliteDialect } from '../../../src/store/sqlite.ts';
import { work } from '../../../src/store/ledger/work.ts';
import { isMissing, recurring, rider, STORE_KINDS, type StoreKind, temporaryStore } from '../../support/store.ts';

const PACE = { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 };
const NOMINAL = new Date('2026-11-23T08:00:00Z');
const CANCELLED = { code: 'cancelled', message: 'Called off' };

const PRUNE = 'the prune of what is old';
/** At every tick, however many deliveries are open: it goes from run to run. */
const SEARCH_FOR_RUNS = 'the search for runs that have ended';

const CUSTOMERS = defineSource({
  name: 'customers',
  due: async () => ({
    notifications: [{ id: 1, account: 'acme', report: 'account-activity', channel: 'C0ACME', workspace: 'sandbox' }],
  }),
});

/** The queries of a database with what runs them: what a run and its deliveries do, and what people ask. */
const ACTS: Record<string, (db: Kysely<Database>) => Promise<unknown>> = {
  'the claim of a tick': (db) =>
    claims(db, PACE).claimDue({ dispatchId: 'run', nominal: NOMINAL, selection: { kind: 'due', schedule: 's' } }),
  'the claim from a source': (db) =>
    claims(db, PACE).claimDue({
      dispatchId: 'source',
      nominal: NOMINAL,
      selection: { kind: 'due', schedule: 'other' },
      sources: [readerOf(CUSTOMERS)],
    }),
  'the removal of copies that a source dropped': (db) => sourceCopies(db).forget(),
  'the claim of what ended runs left open': (db) =>
    claims(db, PACE).claimDue({
      dispatchId: 'x',
      nominal: NOMINAL,
      selection: { kind: 'due', schedule: null },
      endedRuns: ['y'],
    }),
  [SEARCH_FOR_RUNS]: (db) => claims(db, PACE).stalledDispatches(),
  'the next due times': (db) => dueTimes(db).needs(NOMINAL),
  'a partition of a run': (db) =>
    claims(db, PACE).listPartition('run', { from: 0, to: 2, size: 1, step: 1, offset: 0 }),
  'the life of a delivery': async (db) => {
    const [first] = await claims(db, PACE).listPartition('run', { from: 0, to: 2, size: 1, step: 1, offset: 0 });
    const id = first?.id ?? '';
    const found = await work(db).find(id);
    await ledger(db).saveMessage(id, { text: 'hello', blocks: [] });
    if (found !== undefined) await pacing(db, PACE).takePlace(found.delivery, Date.now());
    expect(await pacing(db, PACE).pass(id, Date.now())).toBe(true);
    const attempt = await ledger(db).beginPosting(id, { withSlot: true });
    expect(await ledger(db).markDelivered(id, attempt ?? 0, '1.1')).toBe(true);
  },
  'the life of a thread': async (db) => {
    const [second] = await claims(db, PACE).listPartition('run', { from: 0, to: 2, size: 1, step: 1, offset: 0 });
    const id = second?.id ?? '';
    await ledger(db).saveMessage(id, { text: 'hello', blocks: [], thread: [{ text: 'detail', blocks: [] }] });
    await ledger(db).markDelivered(id, (await ledger(db).beginPosting(id)) ?? 0, '1.1');
    const [post] = await deliveryList(db).thread(id);
    const attempt = await ledger(db).beginPosting(post?.id ?? '');
    expect(await ledger(db).markDelivered(post?.id ?? '', attempt ?? 0, '1.2')).toBe(true);
  },
  'the end of a run that is called off': (db) => ledger(db).cancelPending('run', CANCELLED, 500),
  'the resume of a workspace': (db) =>
    claims(db, PACE).claimDue({
      dispatchId: 'resume',
      nominal: NOMINAL,
      selection: { kind: 'parked', owner: { kind: 'workspace', id: 'sandbox' }, withinMs: 1 },
    }),
  'the redrive of what failed': (db) =>
    claims(db, PACE).claimDue({ dispatchId: 'redrive', nominal: NOMINAL, selection: { kind: 'failed', which: 'all' } }),
  'the resend of what is unconfirmed': (db) =>
    claims(db, PACE).claimDue({
      dispatchId: 'unconfirmed',
      nominal: NOMINAL,
      selection: { kind: 'unconfirmed', which: { channel: 'C0ACME' } },
    }),
  'the search for what is to be looked up again': (db) => ledger(db).takeRechecks(NOMINAL, 100),
  'the list of what is unconfirmed': (db) => deliveryList(db).unconfirmed({}, 50),
  'the list of what is parked': (db) => parking(db).list(),
  'the newest deliveries': (db) => deliveryList(db).list({}, 50),
  'the newest deliveries of a notification': (db) => deliveryList(db).list({ notificationId: 'n' }, 50),
  'the newest deliveries of a run': (db) => deliveryList(db).list({ dispatchId: 'run' }, 50),
  'the newest deliveries in a state': (db) => deliveryList(db).list({ states: ['delivered'] }, 50),
  [PRUNE]: (db) => prune(db, { before: new Date('2027-06-01') }),
  'what owners have to hear': async (db) => {
    await owners(db).need(true);
    await streaks(db).look({ dispatchId: 'run', now: NOMINAL, fallback: 'C0OPS', causeOf: ({ code }) => code });
    await streaks(db).noticesOf('run');
  },
  'the counts of a run': (db) => deliveryList(db).countByState({ dispatchId: 'run' }),
};

/** The tables that grow to millions. */
const LARGE = ['notifications', 'deliveries'];

describe.each(STORE_KINDS)('on %s', (kind) => {
  test.skipIf(isMissing(kind))(
    'every statement of a run, and of what people ask of the ledger, goes by an index',
    async () => {
      await using temporary = await temporaryStore(kind);
      await temporary.store.notifications.add([
        rider('one', 's'),
        rider('two', 's'),
        recurring('own', { cron: '0 8 * * *', nextDueAt: NOMINAL.toISOString() }),
      ]);
      // Old enough to be pruned, and as many as a page has: the plan of a delete follows their number.
      await sql`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 40)
        insert into deliveries (id, notification_id, occurrence, name, account, report, params, workspace_id, channel,
          dispatch_id, due_at, not_before, claimed_at, finished_at, state, error_code, log)
        select 'old-' || n, 'gone', 'o-' || n, 'n', 'a', 'r', '{}', 'w', 'c', 'x', '2026', '2026', '2026', '2026', 'failed', 'x', '' from numbers`.execute(
        temporary.store.db,
      );
      const seen: { act: string; query: CompiledQuery }[] = [];
      const now = { act: '' };
      await using db = new Kysely<Database>({
        dialect: dialectOf(kind, temporary.databaseUrl),
        log: ({ query }) => void seen.push({ act: now.act, query }),
      });
      for (const [act, run] of Object.entries(ACTS)) {
        now.act = act;
        await run(db);
        expect(seen.filter((one) => one.act === act && isRead(one.query)).length, act).toBeGreaterThan(0);
      }
      const queries = seen.filter(({ query }) => isRead(query));
      const plans = kind === 'sqlite' ? sqlitePlans(temporary.databaseUrl, queries) : await postgresPlans(db, queries);
      for (const { act, query, plan } of plans) {
        expect(scansIn(kind, plan), `${act}: ${query.sql}\n${plan.join('\n')}`).toEqual([]);
        if (kind === 'sqlite' && act === PRUNE)
          expect(plan.join('\n'), 'each row reads a state').not.toContain('deliveries_by_state');
        if (act === SEARCH_FOR_RUNS)
          expect(plan.join('\n'), 'every open delivery is read').not.toContain('deliveries_by_');
      }
    },
  );

  test.skipIf(isMissing(kind))('a statement without an index is found out', async () => {
    await using temporary = await temporaryStore(kind);
    const { db } = temporary.store;
    const query = db.selectFrom('deliveries').selectAll().where('account', '=', 'acme').compile();
    const queries = [{ act: 'a search by account', query }];
    const [found] = kind === 'sqlite' ? sqlitePlans(temporary.databaseUrl, queries) : await postgresPlans(db, queries);
    expect(scansIn(kind, found?.plan ?? [])).toHaveLength(1);
  });
});

function dialectOf(kind: StoreKind, url: string) {
  return kind === 'sqlite' ? sqliteDialect(sqliteFile(url)) : postgresDialect(url);
}

/** What looks for rows; a plain insert does not. */
function isRead(query: CompiledQuery): boolean {
  return /^\s*(select|update|delete|with|insert .*\bselect\b)/is.test(query.sql);
}

interface Asked {
  act: string;
  query: CompiledQuery;
}

function sqlitePlans(url: string, queries: Asked[]): (Asked & { plan: string[] })[] {
  const database = new DatabaseSync(sqliteFile(url));
  try {
    return queries.map((one) => {
      const rows = database.prepare(`explain query plan ${one.query.sql}`).all() as { detail: string }[];
      return { ...one, plan: rows.map(({ detail }) => detail) };
    });
  } finally {
    database.close();
  }
}

/** Postgres scans a small table whatever indexes there are; told not to, it does so only where it has no other way. */
function postgresPlans(db: Kysely<Database>, queries: Asked[]): Promise<(Asked & { plan: string[] })[]> {
  return db.connection().execute(async (connection) => {
    await connection.executeQuery(CompiledQuery.raw('set enable_seqscan = off'));
    const plans = [];
    for (const one of queries) {
      const explain = CompiledQuery.raw(`explain ${one.query.sql}`, [...one.query.parameters]);
      const { rows } = await connection.executeQuery<{ 'QUERY PLAN': string }>(explain);
      plans.push({ ...one, plan: rows.map((row) => row['QUERY PLAN']) });
    }
    return plans;
  });
}

/** Steps that read a large table from end to end. In the order of an index up to a limit, or by a partial one, they do not. */
function scansIn(kind: StoreKind, plan: string[]): string[] {
  const pattern =
    kind === 'sqlite'
      ? new RegExp(
          `^SCAN (${LARGE.join('|')})(?! USING (COVERING )?INDEX (deliveries_by_due|deliveries_unnoticed|notifications_parked|notifications_owned))`,
        )
      : new RegExp(`Seq Scan on (${LARGE.join('|')})`);
  return plan.filter((step) => pattern.test(step));
}
