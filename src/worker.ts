import { fileURLToPath } from 'node:url';
import { Runtime, Worker } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { loadConfig, loadEnvFile } from './config.ts';
import { whenParentGone } from './local/child-process.ts';
import { createLogger, temporalLogger } from './log.ts';
import { findReport } from './reports/registry.ts';
import { sourcesOf } from './reports/sources.ts';
import { runMain } from './run-main.ts';
import { slackClients } from './slack/clients.ts';
import { openStore } from './store/open.ts';
import { connectWorker } from './temporal.ts';

/** How long a worker that was told to end finishes the posts in hand; a call to Slack takes 15 s at the most. */
const SHUTDOWN_GRACE_TIME = '20 seconds';

await runMain(async () => {
  loadEnvFile();
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  Runtime.install({
    logger: temporalLogger(logger),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });

  await using store = await openStore(config.databaseUrl);
  const connection = await connectWorker(config);
  try {
    const worker = await Worker.create({
      connection,
      namespace: config.temporal.namespace,
      taskQueue: config.temporal.taskQueue,
      workflowsPath: fileURLToPath(new URL('workflows/index.ts', import.meta.url)),
      activities: createActivities({
        store,
        slack: slackClients(config.slack, process.env),
        sources: sourcesOf(store.db.withTables()),
        findReport,
        settleMs: config.slack.settleMs,
      }),
      shutdownGraceTime: SHUTDOWN_GRACE_TIME,
    });
    // The process that started this one waits for the word, and takes this one along when it is killed.
    whenParentGone(() => worker.shutdown());
    const running = worker.run();
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
