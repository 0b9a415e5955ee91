import { Client } from 'pg';
import { defineSource } from '../src/sources/define.ts';
import { readerOf } from '../src/sources/read.ts';
import { openStore } from '../src/store/open.ts';
import { startPostgres } from '../test/support/postgres.ts';
import type { Measurement, Settings } from './measurement.ts';
import { cpuSeconds } from './process-use.ts';
import { formatSpread, spreadOf } from './statistics.ts';

/** Rows of the application's own table, and pages that are claimed of them. */
const [ROWS, PAGES] = [1_000_000, 20];
const PACE = { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 };
const NOMINAL = Date.parse('2026-11-23T08:00:00Z');
const PAGE_QUERY = `select id, 'account-' || id as account, 'C' || id % 1000 as channel from customers
  where active and id > $1 order by id limit $2`;

/**
 * What a page of a source takes, from one question to the next: the query over a large table of the application, the check of
 * each row, and the claim, with copies and deliveries. First of notifications that the store does not know, then of the same.
 */
export async function measureSource({ repeat, say }: Settings): Promise<Measurement> {
  const pages = {
    'seen for the first time': [] as number[],
    'given again': [] as number[],
    'the query alone': [] as number[],
    'CPU of it, seen for the first time': [] as number[],
    'CPU of it, given again': [] as number[],
  };
  const server = await startPostgres();
  if (server === undefined) {
    say('source: no Postgres on this machine');
  } else {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => server.stop());
    const store = stack.use(await openStore(server.url, PACE));
    await store.workspaces.put({ id: 'T1', name: 'T1', tokenRef: 'sandbox' });
    const crm = new Client({ connectionString: server.url });
    await crm.connect();
    stack.defer(() => crm.end());
    say(`source: a table of ${ROWS.toLocaleString('en-US')} rows`);
    await crm.query(
      `create table customers as select id, id % 10 <> 0 as active from generate_series(1, ${ROWS}) as id`,
    );
    await crm.query('alter table customers add primary key (id)');
    await crm.query('analyze customers');
    for (let round = 0; round < repeat; round += 1) {
      for (const what of ['seen for the first time', 'given again'] as const) {
        // Somewhere in the table, and elsewhere in each round.
        const begin = Math.floor(((round + 0.5) / repeat) * ROWS * 0.9);
        const asked: number[] = [];
        let cpuBefore = 0;
        const customers = defineSource({
          name: 'customers',
          async due({ cursor, limit }) {
            asked.push(performance.now());
            if (asked.length === 1) cpuBefore = await cpuMs(crm);
            if (asked.length > PAGES) {
              pages[`CPU of it, ${what}`].push(((await cpuMs(crm)) - cpuBefore) / PAGES);
              return { notifications: [] };
            }
            const { rows } = await crm.query<{ id: number; account: string; channel: string }>(PAGE_QUERY, [
              cursor ?? begin,
              limit,
            ]);
            pages['the query alone'].push(performance.now() - (asked.at(-1) ?? 0));
            const notifications = rows.map((row) => ({ ...row, report: 'weekly', workspace: 'T1' }));
            return { notifications, next: rows.at(-1)?.id };
          },
        });
        const nominal = new Date(NOMINAL + (round * 2 + (what === 'given again' ? 1 : 0)) * 3_600_000);
        await store.claims.claimDue({
          dispatchId: `${what} ${round}`,
          nominal,
          now: nominal,
          selection: { kind: 'due', schedule: 'weekdays' },
          sources: [readerOf(customers)],
        });
        pages[what].push(...asked.slice(1).map((at, nr) => at - (asked[nr] ?? at)));
      }
    }
  }
  return {
    name: 'source',
    tables: [
      {
        title: `A page of 500 of a source over ${ROWS.toLocaleString('en-US')} rows, on Postgres; median (min–max)`,
        rows: Object.entries(pages).flatMap(([page, ms]) =>
          ms.length === 0 ? [] : [{ page, ms: formatSpread(ms, 1) }],
        ),
      },
    ],
    data: Object.fromEntries(Object.entries(pages).map(([page, ms]) => [page, ms.length === 0 ? null : spreadOf(ms)])),
    failures: [],
  };
}

/** Of this process and of all connections of Postgres, in milliseconds: what is left of the time on a machine that does more. */
async function cpuMs(crm: Client): Promise<number> {
  const { rows } = await crm.query<{ pid: number }>('select pid from pg_stat_activity where backend_type = $1', [
    'client backend',
  ]);
  return [process.pid, ...rows.map(({ pid }) => pid)].reduce((sum, pid) => sum + cpuSeconds(pid) * 1_000, 0);
}
