import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import type { Selection } from '../src/domain/selection.ts';
import { openStore, type Store } from '../src/store/open.ts';
import type { Measurement, Settings } from './measurement.ts';
import { kindOf, shortOf, watchStatements } from './statements.ts';
import { formatSpread, spreadOf } from './statistics.ts';

const NOTIFICATIONS = 1_000_000;
/** Due in one tick; each schedule has this number of riders, and each minute this number of own recurrences. */
const DUE = 500;
const FIRST_DUE = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;

interface Claim {
  what: string;
  selection: (round: number) => Selection;
  nominal: (round: number) => Date;
}

/** The first finds riders at a time before any recurrence is due; the second has no schedule, so no riders. */
const CLAIMS: readonly Claim[] = [
  {
    what: 'riders of a schedule',
    selection: (round) => ({ kind: 'due', schedule: `s${round}` }),
    nominal: (round) => new Date(FIRST_DUE - (10 - round) * MINUTE_MS),
  },
  {
    what: 'own recurrence',
    selection: () => ({ kind: 'due', schedule: null }),
    nominal: (round) => new Date(FIRST_DUE + round * MINUTE_MS),
  },
];

/** The due search among a million: its plan must name an index for every table, and a claim of 500 is timed. */
export async function measurePlan({ repeat, say }: Settings): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-bench-'));
  try {
    const file = join(folder, 'store.db');
    await using store = await openStore(`sqlite:${file}`);
    await fill(store);
    say(`plan: ${NOTIFICATIONS.toLocaleString('en-US')} notifications are in the store`);
    const statements = new Set<string>();
    const times = new Map<string, number[]>(CLAIMS.map(({ what }) => [what, []]));
    for (let round = 0; round < repeat; round += 1)
      for (const claim of CLAIMS) times.get(claim.what)?.push(await timed(store, round, claim, statements));
    return report(times, plansOf(file, statements));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Half ride one of a thousand schedules; of the others 500 are due in each minute from `FIRST_DUE` on. */
async function fill({ db, workspaces }: Store): Promise<void> {
  await workspaces.put({ id: 'T1', name: 'T1', tokenRef: 'sandbox' });
  const now = new Date(0).toISOString();
  // Literals, since a bound number is a REAL, and divides as one.
  const group = sql`(i / 2 / ${sql.lit(DUE)})`;
  const due = sql`strftime('%Y-%m-%dT%H:%M:%fZ', ${sql.lit(FIRST_DUE / 1_000)} + ${group} * 60, 'unixepoch')`;
  const cron = sql`(${group} % 60) || ' ' || (${group} / 60) || ' * * *'`;
  await sql`
    with recursive numbers (i) as (select 0 union all select i + 1 from numbers where i < ${sql.lit(NOTIFICATIONS - 1)})
    insert into notifications (id, name, account, report, params, workspace_id, channel, schedule_id, cron, timezone,
      next_due_at, enabled, tags, one_off, skip, dst_gap, catch_up_all, created_at, updated_at)
    select printf('n%07d', i), 'Report ' || i, 'acme', 'account-activity', '{}', 'T1', 'C' || (i % 1000),
      case when i % 2 = 0 then 's' || ${group} end,
      case when i % 2 = 1 then ${cron} end, case when i % 2 = 1 then 'UTC' end,
      case when i % 2 = 1 then ${due} end, 1, '[]', 0, '[]', 'shift', 0, ${now}, ${now}
    from numbers`.execute(db);
}

/** Milliseconds that the claim took. */
async function timed({ claims }: Store, round: number, claim: Claim, statements: Set<string>): Promise<number> {
  using _ = watchStatements((statement) => {
    if (kindOf(statement) === 'store') statements.add(statement);
  });
  const start = performance.now();
  const dispatchId = `plan/${claim.what}/${round}`;
  const { due } = await claims.claimDue({
    dispatchId,
    selection: claim.selection(round),
    nominal: claim.nominal(round),
  });
  const ms = performance.now() - start;
  if (due !== DUE) throw new Error(`${claim.what}: ${due} claimed where ${DUE} are due`);
  return ms;
}

/** The plans of what the claims really ran, on the data they ran it on. */
function plansOf(file: string, statements: Set<string>): { statement: string; plan: string[] }[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return [...statements].map((statement) => {
      const steps = database.prepare(`explain query plan ${statement}`).all() as { detail: string }[];
      return { statement: shortOf(statement), plan: steps.map(({ detail }) => detail) };
    });
  } finally {
    database.close();
  }
}

function report(times: Map<string, number[]>, plans: { statement: string; plan: string[] }[]): Measurement {
  const read = plans.filter(({ plan }) => plan.length > 0);
  const scanning = read.filter(({ plan }) =>
    plan.some((step) => /SCAN (notifications|deliveries|workspaces)\b/.test(step)),
  );
  return {
    name: 'plan',
    tables: [
      {
        title: `Claiming ${DUE} due among ${NOTIFICATIONS.toLocaleString('en-US')} notifications; median (min–max)`,
        rows: [...times].map(([what, ms]) => ({ due: what, ms: formatSpread(ms, 0) })),
      },
      {
        title: 'EXPLAIN QUERY PLAN of every statement of these claims',
        rows: read.flatMap(({ statement, plan }) =>
          plan.map((step, index) => ({ statement: index === 0 ? statement : '', plan: step })),
        ),
      },
    ],
    data: { claimMs: Object.fromEntries([...times].map(([what, ms]) => [what, spreadOf(ms)])), plans: read },
    failures: scanning.map(({ statement }) => `a table is scanned: ${statement}`),
  };
}
