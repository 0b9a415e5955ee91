import { getHeapStatistics } from 'node:v8';
import { noopMetricMeter, type WorkerDeploymentVersion } from '@temporalio/common';
import {
  type NativeConnection,
  Worker,
  type WorkerDeploymentOptions,
  type WorkerPlugin,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { deliveryActivities, postingActivities } from './activities/index.ts';
import type { Dependencies } from './activities/dependencies.ts';
import { dataConverterOf } from './codec/data-converter.ts';
import type { Config } from './config.ts';
import type { Reports } from './reports/registry.ts';
import { sourcesOf } from './reports/sources.ts';
import { slackClients } from './slack/clients.ts';
import type { Store } from './store/open.ts';
import { activityInterceptors } from './telemetry/activities.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { around, measureSlackCalls, traceSlackCall } from './telemetry/slack-calls.ts';
import { WORKFLOW_INTERCEPTORS, WORKFLOWS_PATH } from './workflow-bundle.ts';
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
  /** What this process is called in histories; by default its process id and host name. */
  identity?: string | undefined;
  /** Without them nothing is counted. */
  metrics?: Metrics | undefined;
  /** Such as OpenTelemetry's. */
  plugins?: WorkerPlugin[] | undefined;
}

/** One worker for runs, deliveries and reports, and one that does nothing but post. */
export async function createWorkers(
  config: Pick<Config, 'temporal' | 'slack' | 'maxLive'> & Partial<Pick<Config, 'reportsFolder' | 'sample' | 'footer'>>,
  surroundings: Surroundings,
) {
  const { connection, store, reports, env, workflowBundle, maxCachedWorkflows, identity, plugins = [] } = surroundings;
  const metrics = surroundings.metrics ?? createMetrics(noopMetricMeter);
  const { namespace, taskQueue, deployment, codecKeys } = config.temporal;
  const slack = slackClients(config.slack, env, around(traceSlackCall, measureSlackCalls(metrics)));
  await slack.ready();
  const dependencies: Dependencies = {
    store,
    metrics,
    slack,
    sources: sourcesOf(store.db.withTables(), {
      storeUrl: store.url,
      env,
      folder: config.reportsFolder,
      sample: config.sample,
    }),
    footer: config.footer ?? true,
    hidesNames: codecKeys !== undefined,
    findReport: (name) => reports.find(name),
    maxLive: config.maxLive,
    settleMs: config.slack.settleMs,
  };
  const interceptors = {
    activity: [activityInterceptors],
    ...(workflowBundle === undefined && { workflowModules: WORKFLOW_INTERCEPTORS }),
  };
  const common = {
    connection,
    namespace,
    plugins,
    interceptors,
    dataConverter: dataConverterOf(codecKeys),
    shutdownGraceTime: SHUTDOWN_GRACE_TIME,
    ...(identity === undefined ? {} : { identity }),
    ...(deployment === undefined ? {} : { workerDeploymentOptions: versionOf(deployment) }),
  } as const;
  const workflows = workflowBundle === undefined ? { workflowsPath: WORKFLOWS_PATH } : { workflowBundle };
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

/**
 * Runs until the process is asked to end and everything in hand is finished. Where one worker fails the others end too, and
 * its error is thrown.
 */
export async function runTogether(workers: readonly Worker[], ending: AbortSignal): Promise<void> {
  const end = (): void => {
    // Told twice, a worker takes it for a mistake.
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = workers.map((worker) => worker.run().finally(end));
  ending.addEventListener('abort', end, { once: true });
  if (ending.aborted) end();
  const failed = (await Promise.allSettled(running)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/**
 * What is under way moves to the version that is current: a deployment needs no old workers beside the new ones until the
 * last retry has ended, and the replay tests see to it that new code takes up old histories.
 */
function versionOf(version: WorkerDeploymentVersion): WorkerDeploymentOptions {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

/** The live children of some runs, and their parents; never more than the heap has room for. */
function workflowsKept(maxLive: number): number {
  const heapMib = getHeapStatistics().heap_size_limit / 1_048_576;
  const fitting = Math.floor((Math.max(heapMib - HEAP.baseMib, 0) * HEAP.workflowsPerGib) / 1_024);
  const wanted = RUNS_IN_MEMORY * (maxLive + 1 + split(maxLive).parts);
  return Math.max(HEAP.least, Math.min(wanted, fitting));
}
