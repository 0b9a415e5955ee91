import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { z } from 'zod';
import { startSandbox, type RunningSandbox } from 'slack-sandbox';
import { writeSampleDatabase } from '../../examples/sample/database.ts';
import { accountActivity } from '../../examples/sample/reports/account-activity.ts';
import { progressOn } from '../../src/dev/progress-line.ts';
import { findTemporalCli } from '../../src/dev/temporal-cli.ts';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';
import { csv } from '../../src/reports/blocks/csv.ts';
import { skip } from '../../src/reports/message.ts';
import { reportsWith } from '../../src/reports/registry.ts';
import { type AnyReport, defineReport } from '../../src/reports/define.ts';
import { findSample } from '../../src/reports/sample.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { createWorker } from '../../src/create-worker.ts';

/** A large run has more than one partition from 501 on; its parent suggests a new run after the first partition. */
const SUGGEST_CONTINUE_AS_NEW = 15;
const SETTLE_MS = 1_000;
/** Longer than a report may take at once, so that it is loaded by the activity with retries. */
const SLOW_MS = 1_500;
/** Instead of process id and host name, which do not belong into a committed file. */
const IDENTITY = 'recorder';
/** Who is told, in the notation of SLACK_REPORTS_OWNER. */
export const OWNER = 'sandbox/C0OPS';
const RETENTION_MS = 30 * 86_400_000;
const NO_LIMITS = { perMinute: 1e9, burst: 1e6 };

export type World = Awaited<ReturnType<typeof buildWorld>>;

/** A server, a sandbox, a store and workers of their own, on loopback and free ports, in a folder that goes away. */
const PACE = { channelMs: 100, workspaceMs: 10, workspaceBurstMs: 1_000 };

export async function buildWorld() {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-histories-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const cli = await findTemporalCli({ env: process.env, progress: progressOn(process.stderr) });
  const server = stack.use(
    await startTemporalServer({
      cliPath: cli.path,
      headless: true,
      extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGEST_CONTINUE_AS_NEW}`],
    }),
  );
  const sandbox = stack.use(await startSandbox({ port: 0, limits: { channel: NO_LIMITS, workspace: NO_LIMITS } }));
  const store = stack.use(await openStore(`sqlite:${join(folder, 'store.db')}`));
  await store.workspaces.put({ id: 'sandbox', name: 'Sandbox', tokenRef: 'sandbox' });
  writeSampleDatabase(join(folder, 'sample.db'), new Date());
  const connection = await Connection.connect({ address: server.address });
  stack.defer(() => connection.close());
  const client = new Client({ connection, identity: IDENTITY });

  const parts = { address: server.address, sandbox, store, workflowBundle: await bundle() };
  // How many partitions of a large run are under way together follows from `concurrency`: two, and one.
  stack.use(await startWorkers({ ...parts, taskQueue: 'slack-reports', concurrency: 30 }));
  stack.use(await startWorkers({ ...parts, taskQueue: 'one-partition', concurrency: 10 }));
  stack.use(await startWorkers({ ...parts, taskQueue: 'fast', concurrency: 10, fastPath: true }));
  // A worker that tells owners of all trouble, and prunes once a day.
  const afterRun = { owner: OWNER, ledgerRetentionMs: RETENTION_MS };
  stack.use(await startWorkers({ ...parts, taskQueue: 'owned', concurrency: 10, afterRun }));
  // The others post without limits.
  const paced = stack.use(await openStore(store.url, PACE));
  stack.use(await startWorkers({ ...parts, store: paced, taskQueue: 'paced', concurrency: 10 }));
  const moved = stack.move();
  return { client, store, sandbox, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

interface WorkerParts {
  address: string;
  sandbox: RunningSandbox;
  store: Store;
  workflowBundle: Awaited<ReturnType<typeof bundle>>;
  taskQueue: string;
  concurrency: number;
  fastPath?: boolean;
  /** What runs do at their end. */
  afterRun?: { owner: string; ledgerRetentionMs: number };
}

async function startWorkers(parts: WorkerParts) {
  const { address, sandbox, store, workflowBundle, taskQueue, concurrency, fastPath = false, afterRun } = parts;
  const connection = await NativeConnection.connect({ address });
  const config = {
    temporal: { connection: { address }, namespace: 'default', taskQueue },
    slack: { apiUrl: sandbox.slackApiUrl, sandboxUrl: sandbox.url, settleMs: SETTLE_MS },
    concurrency,
    fastPath,
    ...afterRun,
    sample: findSample(store.url),
  };
  const reports = reportsWith(
    [accountActivity, slow, rich, silent].map((report) => ({ report: report as AnyReport, file: undefined })),
  );
  const surroundings = { connection, store, reports, env: {}, workflowBundle, identity: IDENTITY };
  const worker = await createWorker(config, surroundings);
  const running = worker.run();
  return {
    [Symbol.asyncDispose]: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

const slow = defineReport({
  name: 'slow',
  description: 'Takes its time',
  params: z.object({ ms: z.int().default(SLOW_MS) }),
  load: ({ params }) => sleep(params.ms, 'Slow'),
  render: (text) => ({ text, blocks: [] }),
});

const rich = defineReport({
  name: 'rich',
  description: 'Comes with a thread and a file',
  params: z.object({ thread: z.int().default(0), file: z.boolean().default(false) }),
  load: () => Promise.resolve('Rich'),
  render: (text, { params }) => ({
    text,
    blocks: [],
    thread: Array.from({ length: params.thread }, (_, at) => ({ text: `Detail ${at + 1}`, blocks: [] })),
    files: [params.file && { name: 'all.csv', title: 'All', content: csv(['Day', 'Orders'], [['Mon', 3]]) }],
  }),
});

const silent = defineReport({
  name: 'silent',
  description: 'Has nothing to say',
  params: z.object({}),
  load: () => skip('nothing to say'),
  render: (text: string) => ({ text, blocks: [] }),
});

function bundle() {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  return bundleWorkflowCode({ workflowsPath, logger });
}
