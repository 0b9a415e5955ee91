import { getHeapStatistics } from 'node:v8';
import { noopMetricMeter, type WorkerDeploymentVersion } from '@temporalio/common';
import {
  type NativeConnection,
  Runtime,
  Worker,
  type WorkerDeploymentOptions,
  type WorkerPlugin,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { activities } from './activities/index.ts';
import type { Dependencies } from './activities/dependencies.ts';
import { dataConverterOf } from './codec/data-converter.ts';
import type { Config } from './config.ts';
import { ownerNotice } from './reports/built-in/owner-notice.ts';
import type { Reports } from './reports/registry.ts';
import { sourcesOf } from './reports/sources/sources.ts';
import { type OnSlackCall, slackClients } from './slack/client.ts';
import type { Source } from './sources/define.ts';
import { readerOf } from './sources/read.ts';
import type { Store } from './store/open.ts';
import { activityInterceptors } from './observability/delivery-log.ts';
import { heartbeatTo } from './observability/heartbeat.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { around, measureSlackCalls } from './observability/slack-calls.ts';
import { WORKFLOW_INTERCEPTORS, WORKFLOWS_PATH } from './temporal/workflow-bundle.ts';
import { livePartitions } from './workflows/partitioning.ts';

/** How long a worker that was asked to end finishes the posts in hand; a call to Slack takes at most 15 s. */
const SHUTDOWN_GRACE_TIME = '20 seconds';
/** After this it ends with what hangs, such as a database that answers nothing; before the 60 s that the files in deploy/ give it. */
const SHUTDOWN_FORCE_TIME = '40 seconds';

/** Runs that are under way at once and keep their workflows in memory; those of more are replayed when they go on. */
const RUNS_IN_MEMORY = 10;
/**
 * Memory that a worker needs besides its workflows, in MiB, and workflows that fit in each GiB of the rest: the SDK's own
 * estimate (`maxCachedWorkflows` in @temporalio/worker's worker-options.ts).
 */
const HEAP = { baseMib: 200, workflowsPerGib: 600, min: 10 };
/**
 * Activity slots for each delivery that a run may have under way. A delivery runs one activity at a time, so where Slack hangs
 * for `RUNS_IN_MEMORY` runs at once, with each post waiting 15 s for its answer, half of the slots are taken, and as many are
 * free for claims, reports, and the posts of other workspaces. A slot that waits costs memory, not a thread.
 */
const SLOTS_PER_DELIVERY = 2 * RUNS_IN_MEMORY;
/** The SDK's own default; a smaller one gains nothing. */
const SLOTS_MIN = 100;

interface Surroundings {
  connection: NativeConnection;
  store: Store;
  reports: Reports;
  /** Asked who is due when a schedule fires, besides the store's own table. */
  sources?: readonly Source[] | undefined;
  /** Where token references of the kind `env:NAME` are looked up. */
  env: NodeJS.ProcessEnv;
  /** Made before, by `npm run build`; without it the workflows are bundled now, which takes a second or two. */
  workflowBundle?: WorkflowBundleOption | undefined;
  /** A file that exports our workflows, and others; ours alone when absent. */
  workflowsPath?: string | undefined;
  /** 0 makes every step replay the history before it: for tests. */
  maxCachedWorkflows?: number | undefined;
  /** What this process is called in histories; by default its process id and host name. */
  identity?: string | undefined;
  /** Without them nothing is counted. */
  metrics?: Metrics | undefined;
  /** Such as OpenTelemetry's. */
  plugins?: WorkerPlugin[] | undefined;
  /** Puts each request to Slack into a trace. */
  traceSlackCall?: OnSlackCall | undefined;
}

type WorkerConfig = Pick<Config, 'slack' | 'concurrency'> &
  Partial<
    Pick<Config, 'reportsFolder' | 'sample' | 'footer' | 'fastPath' | 'owner' | 'heartbeatUrl' | 'ledgerRetentionMs'>
  >;

/** What our activities work with. `hidesNames`: payloads are encrypted, so no name goes where they are not. */
export async function dependenciesOf(
  config: WorkerConfig,
  surroundings: Pick<Surroundings, 'store' | 'reports' | 'sources' | 'env' | 'metrics' | 'traceSlackCall'>,
  hidesNames: boolean,
): Promise<Dependencies> {
  const { store, reports, env, sources = [], traceSlackCall } = surroundings;
  const metrics = surroundings.metrics ?? createMetrics(noopMetricMeter);
  metrics.knowSources(sources.map(({ name }) => name));
  const measure = measureSlackCalls(metrics);
  const slack = slackClients(
    config.slack,
    env,
    traceSlackCall === undefined ? measure : around(traceSlackCall, measure),
  );
  await slack.ready();
  return {
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
    hidesNames,
    notificationSources: sources.map((source) => readerOf(source)),
    findReport: (name) => (name === ownerNotice.name ? ownerNotice : reports.find(name)),
    concurrency: config.concurrency,
    fastPath: config.fastPath ?? false,
    settleMs: config.slack.settleMs,
    owner: config.owner,
    ledgerRetentionMs: config.ledgerRetentionMs,
    sendHeartbeat: heartbeatTo(config.heartbeatUrl, (message) => Runtime.instance().logger.warn(message)),
  };
}

/** Activity slots for a worker whose runs may have `concurrency` deliveries under way each. */
export function activitySlots(concurrency: number): number {
  return Math.max(SLOTS_MIN, SLOTS_PER_DELIVERY * concurrency);
}

/** The worker for everything: runs, deliveries, reports and posts. */
export async function createWorker(config: WorkerConfig & Pick<Config, 'temporal'>, surroundings: Surroundings) {
  const { connection, workflowBundle, maxCachedWorkflows, identity, plugins = [] } = surroundings;
  const { namespace, taskQueue, deployment, codecKeys } = config.temporal;
  const dependencies = await dependenciesOf(config, surroundings, codecKeys !== undefined);
  const interceptors = {
    activity: [activityInterceptors],
    ...(workflowBundle === undefined && { workflowModules: WORKFLOW_INTERCEPTORS }),
  };
  const { workflowsPath = WORKFLOWS_PATH } = surroundings;
  const workflows = workflowBundle === undefined ? { workflowsPath } : { workflowBundle };
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    plugins,
    interceptors,
    ...workflows,
    activities: activities(dependencies),
    dataConverter: dataConverterOf(codecKeys),
    maxCachedWorkflows: maxCachedWorkflows ?? workflowsKept(config.concurrency),
    maxConcurrentActivityTaskExecutions: activitySlots(config.concurrency),
    shutdownGraceTime: SHUTDOWN_GRACE_TIME,
    shutdownForceTime: SHUTDOWN_FORCE_TIME,
    ...(identity === undefined ? {} : { identity }),
    ...(deployment === undefined ? {} : { workerDeploymentOptions: versionOf(deployment) }),
  });
}

/** Runs until the process is asked to end and everything in hand is finished. Throws the worker's error where it fails. */
export async function runUntil(ending: AbortSignal, worker: Worker): Promise<void> {
  const end = (): void => {
    // A second call would throw.
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = worker.run();
  ending.addEventListener('abort', end, { once: true });
  if (ending.aborted) end();
  await running;
}

/**
 * What is under way moves to the version that is current: a deployment needs no old workers next to the new ones until the
 * last retry has ended, and the replay tests see to it that new code takes up old histories.
 */
function versionOf(version: WorkerDeploymentVersion): WorkerDeploymentOptions {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

/** The live children of some runs, and their parents; never more than the heap has room for. */
function workflowsKept(concurrency: number): number {
  const heapMib = getHeapStatistics().heap_size_limit / 1_048_576;
  const fitting = Math.floor((Math.max(heapMib - HEAP.baseMib, 0) * HEAP.workflowsPerGib) / 1_024);
  const wanted = RUNS_IN_MEMORY * (concurrency + 1 + livePartitions(concurrency));
  return Math.max(HEAP.min, Math.min(wanted, fitting));
}
