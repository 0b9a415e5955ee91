import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from '@temporalio/client';
import { bundleFor } from './codec/data-converter.ts';
import { codecIsOn } from './codec/keys.ts';
import { type Config, loadConfig } from './config.ts';
import { messageOf, UserError } from './lib/errors.ts';
import { shutdownSignal } from './lib/shutdown-signal.ts';
import { loadEnvFile } from './lib/env-file.ts';
import { readiness } from './observability/readiness.ts';
import { answerHealth } from './observability/health-server.ts';
import { createLogger } from './observability/log.ts';
import { loadReports } from './reports/registry.ts';
import { runMain } from './lib/run-main.ts';
import { remarkOnSearchAttributes } from './temporal/search-attributes.ts';
import type { DeliveryMove } from './store/ledger/ledger.ts';
import { openStore, type Store } from './store/open.ts';
import { logMove } from './observability/delivery-log.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { installRuntime } from './observability/runtime.ts';
import { connectWorker } from './temporal/connect.ts';
import { createWorker, runUntil } from './create-worker.ts';

const HOUR_MS = 3_600_000;

await runMain(async () => {
  loadEnvFile();
  readOptions();
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  const ending = shutdownSignal();
  const ready = readiness(ending);
  await using resources = new AsyncDisposableStack();
  if (config.healthAddress !== undefined) {
    resources.use(await answerHealth(config.healthAddress, () => ready.problems()));
  }

  const reports = await loadReports(config.reportsFolder, config.sample);
  let metrics: Metrics | undefined;
  const onMove = (move: DeliveryMove) => {
    metrics?.moved(move);
    logMove(move);
  };
  const store = resources.use(await openStore(config.databaseUrl, config.pace, { upgrade: true, onMove }));
  await useNewestRules(store, logger);
  // A worker with an older tz database may run beside this one.
  const everyHour = setInterval(() => void useNewestRules(store, logger), HOUR_MS);
  resources.defer(() => clearInterval(everyHour));
  // Not before there is something to connect for: a runtime without a connection keeps the process from ending.
  const runtime = await installRuntime(logger, config.metricsAddress);
  metrics = createMetrics(runtime.metricMeter);
  // Only where it is asked for: it is much to load.
  const tracing = config.tracing
    ? resources.use((await import('./observability/tracing.ts')).startTracing())
    : undefined;
  const connection = await connectWorker(config);
  resources.defer(() => connection.close());
  const worker = await createWorker(config, {
    connection,
    store,
    reports,
    env: process.env,
    // Traced workflows need the tracing in their bundle, so then it is made now.
    workflowBundle: config.tracing ? undefined : bundleOf(config),
    metrics,
    plugins: tracing === undefined ? [] : [tracing.plugin],
  });
  const running = runUntil(ending, worker);
  const { namespace, taskQueue, deployment } = config.temporal;
  ready.begin({ worker, connection, namespace, store });
  logger.info({ address: config.temporal.connection.address, taskQueue, deployment }, 'Worker is running');
  logger.info(await remarkOnSearchAttributes(new Client({ connection, namespace }), namespace));
  process.send?.('ready');
  await running;
});

/** Due times that older rules of time gave are computed again. A store that doesn't answer is asked again an hour later. */
async function useNewestRules(store: Store, logger: ReturnType<typeof createLogger>): Promise<void> {
  try {
    const moved = await store.timeRules.bringUpToDate();
    if (moved.length > 0) logger.warn({ notifications: moved }, 'Due times moved: their zones have newer rules');
  } catch (error) {
    logger.error({ error: messageOf(error) }, "Couldn't bring due times up to date with the rules of their zones");
  }
}

function bundleOf({ workflowBundle, ...config }: Config): { codePath: string } | undefined {
  if (workflowBundle === undefined) return undefined;
  const codePath = bundleFor(workflowBundle, codecIsOn(config));
  if (existsSync(codePath)) return { codePath };
  throw UserError.input('no_workflow_bundle', `There is no workflow bundle ${codePath}`, {
    hint: 'Make it with `npm run build`, or unset SLACK_REPORTS_WORKFLOW_BUNDLE.',
  });
}

/** `--reports <folder>` is another way to say SLACK_REPORTS_DIR, as in the command line. */
function readOptions(): void {
  try {
    const { reports } = parseArgs({ options: { reports: { type: 'string' } } }).values;
    if (reports !== undefined) process.env['SLACK_REPORTS_DIR'] = reports;
  } catch (error) {
    throw UserError.input('invalid_options', messageOf(error), { hint: 'The worker knows --reports <folder>.' });
  }
}
