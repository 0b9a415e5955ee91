import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { deliveryActivities, postingActivities } from './activities/index.ts';
import type { Dependencies } from './activities/dependencies.ts';
import type { Config } from './config.ts';
import type { Reports } from './reports/registry.ts';
import { sourcesOf } from './reports/sources.ts';
import { slackClients } from './slack/clients.ts';
import type { Store } from './store/open.ts';
import { postingQueue } from './workflows/ids.ts';
import { split } from './workflows/shares.ts';

/** How long a worker that was told to end finishes the posts in hand; a call to Slack takes 15 s at the most. */
const SHUTDOWN_GRACE_TIME = '20 seconds';

/** Runs that are under way at once and keep their workflows in memory; those of more are replayed when they go on. */
const RUNS_IN_MEMORY = 10;
/**
 * Memory that a worker needs beside its workflows, in MiB, and workflows that fit in each GiB of the rest: the SDK's own
 * reckoning (`maxCachedWorkflows` in @temporalio/worker's worker-options.ts).
 */
const HEAP = { baseMib: 200, workflowsPerGib: 600, least: 10 };
/** Posts at once, at the least: the SDK's default. A workspace that does not answer holds each of its own for 15 s. */
const POSTS_AT_ONCE = 100;

interface Surroundings {
  connection: NativeConnection;
  store: Store;
  reports: Reports;
  /** Where token references of the kind `env:NAME` are looked up. */
  env: NodeJS.ProcessEnv;
  /** Made before, by `npm run build`; without it the workflows are bundled now, which takes a second or two. */
  workflowBundle?: WorkflowBundleOption | undefined;
  /** 0 makes every step replay the history before it: for tests. */
  maxCachedWorkflows?: number | undefined;
}

/** One worker for runs, deliveries and reports, and one that does nothing but post. */
export async function createWorkers(
  config: Pick<Config, 'temporal' | 'slack' | 'maxLive'>,
  { connection, store, reports, env, workflowBundle, maxCachedWorkflows }: Surroundings,
) {
  const { namespace, taskQueue } = config.temporal;
  const dependencies: Dependencies = {
    store,
    slack: slackClients(config.slack, env),
    sources: sourcesOf(store.db.withTables()),
    findReport: (name) => reports.find(name),
    maxLive: config.maxLive,
    settleMs: config.slack.settleMs,
  };
  const common = { connection, namespace, shutdownGraceTime: SHUTDOWN_GRACE_TIME } as const;
  const workflowsPath = fileURLToPath(new URL('workflows/index.ts', import.meta.url));
  const workflows = workflowBundle === undefined ? { workflowsPath } : { workflowBundle };
  const deliveries = await Worker.create({
    ...common,
    ...workflows,
    maxCachedWorkflows: maxCachedWorkflows ?? workflowsKept(config.maxLive),
    taskQueue,
    activities: deliveryActivities(dependencies),
  });
  const posts = await Worker.create({
    ...common,
    taskQueue: postingQueue(taskQueue),
    maxConcurrentActivityTaskExecutions: Math.max(POSTS_AT_ONCE, 2 * config.maxLive),
    activities: postingActivities(dependencies),
  });
  return { deliveries, posts };
}

/** The live children of some runs, and their parents; never more than the heap has room for. */
function workflowsKept(maxLive: number): number {
  const heapMib = getHeapStatistics().heap_size_limit / 1_048_576;
  const fitting = Math.floor((Math.max(heapMib - HEAP.baseMib, 0) * HEAP.workflowsPerGib) / 1_024);
  const wanted = RUNS_IN_MEMORY * (maxLive + 1 + split(maxLive).parts);
  return Math.max(HEAP.least, Math.min(wanted, fitting));
}
