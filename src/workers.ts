import { noopMetricMeter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerPlugin, type WorkflowBundleOption } from '@temporalio/worker';
import { deliveryActivities, postingActivities } from './activities/index.ts';
import type { Dependencies } from './activities/dependencies.ts';
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

/** How long a worker that was told to end finishes the posts in hand; a call to Slack takes 15 s at the most. */
const SHUTDOWN_GRACE_TIME = '20 seconds';

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
  /** Without them nothing is counted. */
  metrics?: Metrics | undefined;
  /** Such as OpenTelemetry's. */
  plugins?: WorkerPlugin[] | undefined;
}

/** One worker for runs, deliveries and reports, and one that does nothing but post. */
export async function createWorkers(
  config: Pick<Config, 'temporal' | 'slack' | 'maxLive'>,
  { connection, store, reports, env, workflowBundle, maxCachedWorkflows, plugins = [], ...surroundings }: Surroundings,
) {
  const metrics = surroundings.metrics ?? createMetrics(noopMetricMeter);
  const { namespace, taskQueue } = config.temporal;
  const dependencies: Dependencies = {
    store,
    metrics,
    slack: slackClients(config.slack, env, around(traceSlackCall, measureSlackCalls(metrics))),
    sources: sourcesOf(store.db.withTables()),
    findReport: (name) => reports.find(name),
    maxLive: config.maxLive,
    settleMs: config.slack.settleMs,
  };
  const interceptors = {
    activity: [activityInterceptors],
    ...(workflowBundle === undefined && { workflowModules: WORKFLOW_INTERCEPTORS }),
  };
  const common = { connection, namespace, plugins, interceptors, shutdownGraceTime: SHUTDOWN_GRACE_TIME } as const;
  const workflows = workflowBundle === undefined ? { workflowsPath: WORKFLOWS_PATH } : { workflowBundle };
  const cache = maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows };
  const deliveries = await Worker.create({
    ...common,
    ...workflows,
    ...cache,
    taskQueue,
    activities: deliveryActivities(dependencies),
  });
  const posts = await Worker.create({
    ...common,
    taskQueue: postingQueue(taskQueue),
    activities: postingActivities(dependencies),
  });
  return { deliveries, posts };
}
