import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Runtime } from '@temporalio/worker';
import { bundleFor } from './codec/bundle.ts';
import { codecIsOn } from './codec/keys.ts';
import { type Config, loadConfig, loadEnvFile } from './config.ts';
import { messageOf, UserError } from './errors.ts';
import { whenParentGone } from './local/child-process.ts';
import { createLogger, temporalLogger } from './log.ts';
import { loadReports } from './reports/registry.ts';
import { runMain } from './run-main.ts';
import { openStore } from './store/open.ts';
import { connectWorker } from './temporal.ts';
import { createWorkers } from './workers.ts';

await runMain(async () => {
  loadEnvFile();
  readOptions();
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  Runtime.install({
    logger: temporalLogger(logger),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });

  const reports = await loadReports(config.reportsFolder);
  await using store = await openStore(config.databaseUrl, config.pace);
  const connection = await connectWorker(config);
  try {
    const { deliveries, posts } = await createWorkers(config, {
      connection,
      store,
      reports,
      env: process.env,
      workflowBundle: bundleOf(config),
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
    process.send?.('ready');
    await running;
  } finally {
    await connection.close();
  }
});

function bundleOf({ workflowBundle, ...config }: Config): { codePath: string } | undefined {
  if (workflowBundle === undefined) return undefined;
  const codePath = bundleFor(workflowBundle, codecIsOn(config));
  if (existsSync(codePath)) return { codePath };
  throw new UserError('no_workflow_bundle', `There is no workflow bundle ${codePath}`, {
    hint: 'Make it with `npm run build`, or unset SLACK_REPORTS_WORKFLOW_BUNDLE.',
  });
}

/** `--reports <folder>` is another way to say SLACK_REPORTS_DIR, as in the command line. */
function readOptions(): void {
  try {
    const { reports } = parseArgs({ options: { reports: { type: 'string' } } }).values;
    if (reports !== undefined) process.env['SLACK_REPORTS_DIR'] = reports;
  } catch (error) {
    throw new UserError('invalid_options', messageOf(error), { hint: 'The worker knows --reports <folder>.' });
  }
}
