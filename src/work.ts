import { existsSync } from 'node:fs';
import { Client } from '@temporalio/client';
import { bundleFor } from './codec/data-converter.ts';
import { codecIsOn } from './codec/keys.ts';
import { type Config, loadConfig } from './config.ts';
import { UserError } from './lib/errors.ts';
import { AsyncStack } from './lib/async-stack.ts';
import { useProxyOf } from './lib/proxy.ts';
import { isPlainRemote } from './lib/database-url.ts';
import { shutdownSignal } from './lib/shutdown-signal.ts';
import { loadEnvFile } from './lib/env-file.ts';
import { readiness } from './observability/readiness.ts';
import { answerHealth } from './observability/health-server.ts';
import { createLogger } from './observability/log.ts';
import { loadReports } from './reports/registry.ts';
import { databases } from './reports/sources/databases.ts';
import { loadSources } from './sources/folder.ts';
import type { WorkerOptions } from './run-worker.ts';
import { remarkOnSearchAttributes } from './temporal/search-attributes.ts';
import { planAgain } from './scheduling/follow-due.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { installRuntime } from './observability/runtime.ts';
import { watchVitals } from './observability/vitals.ts';
import { startTracing } from './observability/tracing.ts';
import { connectWorker } from './temporal/connect.ts';
import { createWorker, runUntil } from './create-worker.ts';
import { lookAfter, openWorkerStore } from './worker-store.ts';

/** As `runWorker`, for a program that reports errors itself. */
export async function work({ workflowsPath }: WorkerOptions = {}): Promise<void> {
  loadEnvFile();
  useProxyOf(process.env);
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  await using resources = new AsyncStack();
  // Or one report that forgets an `await` would end each worker that loads it, with the deliveries of all others.
  const onUnhandled = (error: unknown): void => logger.error({ error }, 'A promise that nothing awaits was rejected');
  process.on('unhandledRejection', onUnhandled);
  resources.defer(() => process.off('unhandledRejection', onUnhandled));
  const ending = shutdownSignal();
  const ready = readiness(ending);
  if (config.healthAddress !== undefined) {
    resources.use(await answerHealth(config.healthAddress, () => ready.problems()));
  }

  // Before the runtime, which keeps the process from ending if the packages for it are missing.
  const tracing = config.tracing ? resources.use(await startTracing()) : undefined;
  const reports = await loadReports(config.reportsFolder, config.sample);
  const sources = await loadSources(config.sourcesFolder, databases(config.databaseUrl, process.env, config.sample));
  let metrics: Metrics | undefined;
  const store = resources.use(await openWorkerStore(config, () => metrics));
  // Not before there is something to connect for: a runtime without a connection keeps the process from ending.
  const runtime = await installRuntime(logger, config.metricsAddress);
  metrics = createMetrics(runtime.metricMeter);
  const connection = await connectWorker(config);
  resources.defer(() => connection.close());
  const worker = await createWorker(config, {
    connection,
    store,
    reports,
    sources,
    env: process.env,
    // Traced workflows need the tracing in their bundle, and yours are in none that we made, so then it is made now.
    workflowBundle: config.tracing || workflowsPath !== undefined ? undefined : bundleOf(config),
    workflowsPath,
    metrics,
    plugins: tracing === undefined ? [] : [tracing.plugin],
    traceSlackCall: tracing?.traceSlackCall,
  });
  const upkeep = await lookAfter(store, { log: runtime.logger, dueTimesMoved: () => planAgain(worker, store) });
  resources.defer(() => upkeep[Symbol.dispose]());
  if (isPlainRemote(config.databaseUrl)) {
    logger.warn('The connection to Postgres is not encrypted; add ?sslmode=verify-full to DATABASE_URL');
  }
  const running = runUntil(ending, worker);
  // Awaited at the end; it may fail before.
  running.catch(() => undefined);
  const { namespace, taskQueue, deployment } = config.temporal;
  ready.begin({ worker, connection, namespace, store });
  const vitals = await watchVitals({
    store,
    metrics,
    problems: () => ready.problems(),
    onError: (error) => logger.debug({ error }, 'The last dispatch is not known'),
  });
  resources.defer(() => vitals[Symbol.dispose]());
  logger.info({ address: config.temporal.connection.address, taskQueue, deployment }, 'Worker is running');
  logger.info(await remarkOnSearchAttributes(new Client({ connection, namespace }), namespace));
  process.send?.('ready');
  await running;
}

function bundleOf({ workflowBundle, ...config }: Config): { codePath: string } | undefined {
  if (workflowBundle === undefined) return undefined;
  const codePath = bundleFor(workflowBundle, codecIsOn(config));
  if (existsSync(codePath)) return { codePath };
  throw UserError.input('no_workflow_bundle', `There is no workflow bundle ${codePath}`, {
    hint: 'Make it with `npm run build`, or unset SLACK_REPORTS_WORKFLOW_BUNDLE.',
  });
}
