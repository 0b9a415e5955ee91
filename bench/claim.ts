import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewNotification } from '../src/domain/notification.ts';
import type { Selection } from '../src/domain/selection.ts';
import { openStore, type Store } from '../src/store/open.ts';
import { startPostgres } from '../test/support/postgres.ts';
import type { Measurement, Settings } from './measurement.ts';
import { watchStatements } from './statements.ts';
import { formatSpread, spreadOf } from './statistics.ts';

/** A page of a claim. */
const PAGE = 500;
/** Due at once, to see how long a claim keeps the thread that posts. */
const MANY = 100_000;
/** Schedules that fire in one minute, the riders of each, and own recurrences due in that minute. */
const [SCHEDULES, RIDERS, RECURRING] = [6, 200, 1_500];

const PACE = { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 };
const NOMINAL = new Date('2026-11-23T08:00:00Z');
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney', 'UTC'];

/** What a claim costs by itself, and what it keeps others from doing. Without a Temporal server. */
export async function measureClaim({ repeat, say }: Settings): Promise<Measurement> {
  const pages = new Map<string, number[]>();
  const blocks = { longestStatement: [] as number[], longestBlock: [] as number[], claim: [] as number[] };
  const together: number[] = [];
  for (let round = 0; round < repeat; round += 1) {
    for (const [what, notifications] of Object.entries(PAGES)) {
      const ms = await onSqlite(async (store) => {
        await store.notifications.add(numbered(PAGE, notifications));
        return (await timed(() => claim(store, 'page'))).ms;
      });
      pages.set(what, [...(pages.get(what) ?? []), ms]);
    }
    say(`claim: ${MANY.toLocaleString('en-US')} due at once, round ${round + 1}`);
    const block = await onSqlite(measureBlocks);
    blocks.longestStatement.push(block.longestStatement);
    blocks.longestBlock.push(block.longestBlock);
    blocks.claim.push(block.ms);
    const ms = await measureTogether();
    if (ms !== undefined) together.push(ms);
  }
  return {
    name: 'claim',
    tables: [
      {
        title: `A claim of ${PAGE} due on SQLite; median (min–max)`,
        rows: [...pages].map(([due, ms]) => ({ due, ms: formatSpread(ms, 0) })),
      },
      {
        title: `A claim of ${MANY.toLocaleString('en-US')} due on SQLite`,
        rows: Object.entries(blocks).map(([what, ms]) => ({ what, ms: formatSpread(ms, 0) })),
      },
      {
        title: `${SCHEDULES} schedules of ${RIDERS} riders in one minute with ${RECURRING} own recurrences, on Postgres`,
        rows: together.length === 0 ? [] : [{ what: 'until the last claim is done', ms: formatSpread(together, 0) }],
      },
    ],
    data: {
      pageMs: Object.fromEntries([...pages].map(([what, ms]) => [what, spreadOf(ms)])),
      many: Object.fromEntries(Object.entries(blocks).map(([what, ms]) => [what, spreadOf(ms)])),
      ...(together.length > 0 && { togetherMs: spreadOf(together) }),
    },
    failures: [],
  };
}

const PAGES: Record<string, (n: number) => NewNotification['due']> = {
  'riders of a schedule': () => ({ kind: 'schedule', scheduleId: 's0', afterOutage: 'newest' }),
  'own recurrences, five rules': (n) => hourly(0, n),
  'own recurrences, 300 rules': (n) => hourly(n % 60, n / 60),
};

function hourly(minute: number, n: number): NewNotification['due'] {
  const before = (60 - minute) % 60;
  return {
    kind: 'recurrence',
    cron: `${minute} * * * *`,
    timezone: ZONES[Math.floor(n) % ZONES.length] ?? 'UTC',
    skip: ['12-25'],
    dstGap: 'shift',
    afterOutage: 'newest',
    nextDueAt: new Date(NOMINAL.getTime() - before * 60_000).toISOString(),
  };
}

function numbered(count: number, dueOf: (n: number) => NewNotification['due'], prefix = 'n'): NewNotification[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `${prefix}${String(n).padStart(6, '0')}`,
    name: `Report ${n}`,
    account: 'acme',
    report: 'account-activity',
    params: { days: 7 },
    workspaceId: 'T1',
    channel: { id: `C${n % 1_000}`, name: `#channel-${n % 1_000}` },
    due: dueOf(n),
    tags: [],
    enabled: true,
  }));
}

const claim = (store: Store, dispatchId: string, selection: Selection = { kind: 'due', schedule: 's0' }) =>
  store.claims.claimDue({ dispatchId, selection, nominal: NOMINAL, now: new Date(NOMINAL.getTime() + 1_000) });

async function measureBlocks(store: Store) {
  for (let from = 0; from < MANY; from += 10_000) {
    await store.notifications.add(
      numbered(10_000, () => ({ kind: 'schedule', scheduleId: 's0', afterOutage: 'newest' }), `n${from / 10_000}-`),
    );
  }
  let longestStatement = 0;
  using _ = watchStatements((_sql, ms) => (longestStatement = Math.max(longestStatement, ms)));
  let [longestBlock, last, ended] = [0, performance.now(), false];
  const turn = (): void => {
    longestBlock = Math.max(longestBlock, performance.now() - last);
    last = performance.now();
    if (!ended) setImmediate(turn);
  };
  setImmediate(turn);
  const { result, ms } = await timed(() => claim(store, 'many'));
  ended = true;
  turn();
  if (result.due !== MANY) throw new Error(`${result.due} claimed where ${MANY} are due`);
  return { ms, longestStatement, longestBlock };
}

/** Undefined where the machine has no Postgres. */
async function measureTogether(): Promise<number | undefined> {
  const server = await startPostgres();
  if (server === undefined) return undefined;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server.stop());
  const store = stack.use(await openStore(server.url, PACE));
  await store.workspaces.put({ id: 'T1', name: 'T1', tokenRef: 'sandbox' });
  for (let s = 0; s < SCHEDULES; s += 1) {
    await store.notifications.add(
      numbered(RIDERS, () => ({ kind: 'schedule', scheduleId: `s${s}`, afterOutage: 'newest' }), `s${s}-`),
    );
  }
  await store.notifications.add(numbered(RECURRING, (n) => hourly(0, n), 'own-'));
  const runs = Array.from({ length: SCHEDULES }, (_, s) => `s${s}`);
  const { result, ms } = await timed(() =>
    Promise.all(runs.map((schedule) => claim(store, schedule, { kind: 'due', schedule }))),
  );
  const due = result.reduce((sum, found) => sum + found.due, 0);
  if (due !== SCHEDULES * RIDERS + RECURRING) throw new Error(`${due} claimed by the ${SCHEDULES} runs together`);
  return ms;
}

async function onSqlite<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-bench-'));
  try {
    await using store = await openStore(`sqlite:${join(folder, 'store.db')}`, PACE);
    await store.workspaces.put({ id: 'T1', name: 'T1', tokenRef: 'sandbox' });
    return await work(store);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
  const start = performance.now();
  return { result: await work(), ms: performance.now() - start };
}
