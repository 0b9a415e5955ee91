import { setTimeout as sleep } from 'node:timers/promises';
import { toDelivery } from '../src/store/ledger/delivery-rows.ts';
import { compare, type Finding } from './compare.ts';
import { dueOf } from './due.ts';
import { nameOf } from './fault-mix.ts';
import { makePlan, type ChaosOptions, type Plan, type RunOptions } from './plan.ts';
import { requests } from './requests.ts';
import { adoptLeftovers, countRunning, fixAll, untilMomentsOver, untilRest } from './rest.ts';
import { threadsOf } from './threads.ts';
import { startTroubles, type Troubles } from './troubles.ts';
import { buildWorld, type World } from './world.ts';

export interface SeedResult {
  seed: number;
  settleSeconds: number;
  due: number;
  /** Deliveries that their run had left open, and a later tick took over. */
  adopted: number;
  /** Messages that Slack accepted. */
  accepted: number;
  /** Ledger rows by how they ended: `delivered`, and `failed msg_too_long`, `unconfirmed missing_scope`, … */
  endings: Record<string, number>;
  /** Posts of threads by how they ended. */
  threadPosts: Record<string, number>;
  findings: Finding[];
  /** Times workers were killed; of these `inGap` between Slack's acceptance and the record of it. */
  kills: { all: number; inGap: number; inCall: number };
  /** Workers that were asked to end. */
  terms: number;
  serverRestarts: number;
  storeRestarts: number;
  /** What was asked for besides: tokens that rotated, workers that were frozen, and times that Postgres swallowed everything. */
  besides: { rotations: number; freezes: number; swallows: number };
  /** Questions to the workers whether they are ready, and the longest that it took one with all it needs to be so. */
  readiness: { asked: number; ready: number; slowestMs: number };
  /** Untrue answers to these, and workers that did not end well though they were asked to. */
  untrue: string[];
  /** Workers that ended without being killed. */
  crashes: number;
  /** How often each fault struck. */
  faults: Record<string, number>;
  rateLimited: number;
  /** Whether everything came to rest before the deadline. */
  rested: boolean;
  /** Workflows that never end, since the server lost their first task. Their deliveries are in `findings`. */
  stuck: number;
  /** Moments of the plan that never came. */
  left: string[];
  seconds: number;
  folder: string;
}

/** One run of chaos, from nothing to the comparison. */
export async function runSeed(chaos: ChaosOptions, options: RunOptions): Promise<SeedResult> {
  const { signal } = options;
  const begun = Date.now();
  const limits = { deadline: begun + options.deadlineMs, signal };
  const plan = makePlan(chaos, new Date());
  await using world = await buildWorld(plan, options);
  const asked = requests(world, plan, signal);
  await asked.createSchedules();
  await using troubles = startTroubles(world, plan, asked, signal);

  const beta = chaos.oneTick === true ? [] : [asked.backfill('beta')];
  await Promise.all([asked.backfill('alpha'), asked.twin('alpha'), ...beta]);
  await untilMomentsOver(world, troubles, limits);
  await fixAll(world, plan, { requests: asked, troubles, limits });
  const adopted = await adoptLeftovers(world, { requests: asked, troubles, limits });
  if (adopted > 0) await fixAll(world, plan, { requests: asked, troubles, limits });
  const rested = (await untilRest(world, troubles, limits)) !== 'out_of_time';
  // A call whose sender was killed may still be accepted.
  await sleep(plan.slowAcceptMs, undefined, { signal });
  if (troubles.errors.length > 0) throw new AggregateError(troubles.errors, `seed ${plan.seed}: a moment went wrong`);

  const due = await dueOf(plan, world, asked);
  const result = await takeStock(plan, world, troubles);
  const { rows, posts, ...figures } = result;
  const threadsDue = threadsOf(plan, { due, rows });
  const findings = compare({
    due: [...due, ...threadsDue],
    rows: [...rows, ...posts],
    messages: world.sandbox.oracle.report().messages,
  });
  return { ...figures, due: due.length, adopted, findings, rested, seconds: Math.round((Date.now() - begun) / 1_000) };
}

async function takeStock(plan: Plan, world: World, troubles: Troubles) {
  const { sandbox, workers, server, storeServer, readiness } = world;
  const all = (await world.store.db.selectFrom('deliveries').selectAll().execute()).map(toDelivery);
  const rows = all.filter((delivery) => delivery.kind === 'report');
  const delivered = new Set(rows.filter(({ state }) => state === 'delivered').map(({ id }) => id));
  const threadPosts = all
    .filter((delivery) => delivery.kind === 'thread_post')
    .filter(({ reportId }) => delivered.has(reportId));
  return {
    seed: plan.seed,
    settleSeconds: plan.settleSeconds,
    accepted: troubles.counts.accepted,
    rows,
    posts: threadPosts,
    threadPosts: countBy(threadPosts, ({ state }) => state),
    endings: countBy(rows, ({ state, error }) => (error === undefined ? state : `${state} ${error.code}`)),
    kills: { all: workers.counts.kills, inGap: troubles.counts.killedInGap, inCall: troubles.counts.killedInCall },
    terms: workers.counts.terms,
    serverRestarts: server.state.restarts,
    storeRestarts: storeServer?.state.restarts ?? 0,
    besides: {
      rotations: troubles.counts.rotations,
      freezes: workers.counts.freezes,
      swallows: storeServer?.state.swallows ?? 0,
    },
    readiness: { ...readiness.figures },
    untrue: [...readiness.lies, ...workers.badEnds],
    crashes: workers.counts.crashes,
    faults: sumBy(sandbox.faults.list(), nameOf, ({ fired }) => fired),
    rateLimited: sandbox.oracle.rateLimited,
    left: troubles.left(),
    stuck: await countRunning(world.client),
    folder: world.folder,
  };
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => string): Record<string, number> {
  return sumBy(items, key, () => 1);
}

export function sumBy<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
  value: (item: Item) => number,
): Record<string, number> {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(key(item), (sums.get(key(item)) ?? 0) + value(item));
  return Object.fromEntries([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
