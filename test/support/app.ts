import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import { startSandbox } from '../../sandbox/server.ts';
import { createActivities } from '../../src/activities/index.ts';
import { findReport } from '../../src/reports/registry.ts';
import { sourcesOf } from '../../src/reports/sources.ts';
import { schedules } from '../../src/schedule.ts';
import { slackClients } from '../../src/slack/clients.ts';
import { openStore } from '../../src/store/open.ts';

/** Lost answers are looked up after this long in tests, in milliseconds. */
const SETTLE_MS = 1_000;

export type App = Awaited<ReturnType<typeof startApp>>;

/**
 * The whole product in this process: a store in a folder of its own, a sandbox and a worker on a task queue of its own,
 * on the real Temporal server that all tests share.
 */
export async function startApp(options: { maxCachedWorkflows?: number; limits?: object } = {}) {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-test-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const databaseFile = join(folder, 'store.db');
  const store = stack.use(await openStore(databaseFile));
  const sandbox = stack.use(
    await startSandbox({ port: 0, ...(options.limits === undefined ? {} : { limits: options.limits }) }),
  );
  const taskQueue = `test-${randomUUID()}`;
  const address = inject('temporalAddress');
  const connection = await Connection.connect({ address });
  stack.defer(() => connection.close());
  const client = new Client({ connection });

  // Installs the runtime, which a connection would otherwise do with its defaults.
  const bundled = await workflowBundle();
  const nativeConnection = await NativeConnection.connect({ address });
  stack.defer(() => nativeConnection.close());
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowBundle: bundled,
    activities: createActivities({
      store,
      slack: slackClients({ apiUrl: `${sandbox.url}/api/`, sandboxUrl: sandbox.url, settleMs: SETTLE_MS }, process.env),
      sources: sourcesOf(store.db.withTables()),
      findReport,
      settleMs: SETTLE_MS,
    }),
    ...(options.maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows: options.maxCachedWorkflows }),
  });
  const running = worker.run();
  stack.defer(async () => {
    worker.shutdown();
    await running;
  });

  await store.workspaces.put({ id: 'sandbox', name: 'Sandbox', tokenRef: 'sandbox' });
  return {
    store,
    sandbox,
    client,
    taskQueue,
    databaseFile,
    folder,
    schedules: schedules(client, taskQueue),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

let bundle: ReturnType<typeof bundleWorkflowCode> | undefined;

function workflowBundle() {
  if (bundle === undefined) {
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => {}),
      // A terminated workflow's tasks come back to nobody, which Core warns of.
      telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
    });
    const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
    bundle = bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  }
  return bundle;
}
