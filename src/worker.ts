import { parseArgs } from 'node:util';
import { Client } from '@temporalio/client';
import { loadConfig, loadEnvFile } from './config.ts';
import { messageOf, UserError } from './errors.ts';
import { whenParentGone } from './local/child-process.ts';
import { createLogger } from './log.ts';
import { loadReports } from './reports/registry.ts';
import { runMain } from './run-main.ts';
import { remarkOnSearchAttributes } from './search-attributes.ts';
import { openStore } from './store/open.ts';
import { logMove } from './telemetry/activities.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { installRuntime } from './telemetry/runtime.ts';
import { connectWorker } from './temporal.ts';
import { createWorkers } from './workers.ts';

await runMain(async () => {
  loadEnvFile();
  readOptions();
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  const runtime = await installRuntime(logger, config.metricsAddress);
  const metrics = createMetrics(runtime.metricMeter);
  // Only where it is asked for: it is much to load.
  await using tracing = config.tracing ? (await import('./telemetry/tracing.ts')).startTracing() : undefined;

  const reports = await loadReports(config.reportsFolder);
  await using store = await openStore(config.databaseUrl, config.pace, (move) => {
    metrics.moved(move);
    logMove(move);
  });
  const connection = await connectWorker(config);
  try {
    const { deliveries, posts } = await createWorkers(config, {
      connection,
      store,
      reports,
      env: process.env,
      // Traced workflows need the tracing in their bundle, so then it is made now.
      workflowBundle:
        config.workflowBundle === undefined || config.tracing ? undefined : { codePath: config.workflowBundle },
      metrics,
      plugins: tracing === undefined ? [] : [tracing.plugin],
    });
    // The process that started this one waits for the word, and takes this one along when it is killed.
    whenParentGone(() => {
      // A worker that was told to end already is ending, and would take a second word for a mistake.
      for (const worker of [deliveries, posts]) if (worker.getState() === 'RUNNING') worker.shutdown();
    });
    const running = Promise.all([deliveries.run(), posts.run()]);
    logger.info(
      { address: config.temporal.connection.address, taskQueue: config.temporal.taskQueue },
      'Worker is running',
    );
    const { namespace } = config.temporal;
    logger.info(await remarkOnSearchAttributes(new Client({ connection, namespace }), namespace));
    process.send?.('ready');
    await running;
  } finally {
    await connection.close();
  }
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
