import { parseArgs } from 'node:util';
import { Runtime } from '@temporalio/worker';
import { loadConfig, loadEnvFile } from './config.ts';
import { messageOf, UserError } from './errors.ts';
import { untilAskedToEnd } from './ending.ts';
import { readiness } from './health/readiness.ts';
import { answerHealth } from './health/server.ts';
import { createLogger, temporalLogger } from './log.ts';
import { loadReports } from './reports/registry.ts';
import { runMain } from './run-main.ts';
import { openStore } from './store/open.ts';
import { connectWorker } from './temporal.ts';
import { createWorkers, runTogether } from './workers.ts';

await runMain(async () => {
  loadEnvFile();
  readOptions();
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  const ending = untilAskedToEnd();
  const ready = readiness(ending);
  await using resources = new AsyncDisposableStack();
  if (config.healthAddress !== undefined) {
    resources.use(await answerHealth(config.healthAddress, () => ready.problems()));
  }

  const reports = await loadReports(config.reportsFolder);
  const store = resources.use(await openStore(config.databaseUrl, config.pace, { upgrade: true }));
  // Not before there is something to connect for: a runtime without a connection keeps the process from ending.
  Runtime.install({
    logger: temporalLogger(logger),
    // A second signal would end the process in the middle of a post; `untilAskedToEnd` sees to them.
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
  const connection = await connectWorker(config);
  resources.defer(() => connection.close());
  const { deliveries, posts } = await createWorkers(config, {
    connection,
    store,
    reports,
    env: process.env,
    workflowBundle: config.workflowBundle === undefined ? undefined : { codePath: config.workflowBundle },
  });
  const running = runTogether([deliveries, posts], ending);
  const { namespace, taskQueue, deployment } = config.temporal;
  ready.begin({ workers: { deliveries, posts }, connection, namespace, store });
  logger.info({ address: config.temporal.connection.address, taskQueue, deployment }, 'Worker is running');
  process.send?.('ready');
  await running;
});

/** `--reports <folder>` is another way to say SLACK_REPORTS_DIR, as in the command line. */
function readOptions(): void {
  try {
    const { reports } = parseArgs({ options: { reports: { type: 'string' } } }).values;
    if (reports !== undefined) process.env['SLACK_REPORTS_DIR'] = reports;
  } catch (error) {
    throw new UserError('invalid_options', messageOf(error), { hint: 'The worker knows --reports <folder>.' });
  }
}
