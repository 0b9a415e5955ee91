import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { writeSampleDatabase } from '../examples/sample/database.ts';
import { loadConfig } from '../src/config.ts';
import { startChild } from '../src/dev/child-process.ts';
import { freePort } from '../src/lib/ports.ts';
import { startTemporalServer } from '../src/dev/temporal-server.ts';
import { startSandboxProcess } from '../src/dev/sandbox.ts';
import type { NewNotification } from '../src/domain/notification.ts';
import { openStore } from '../src/store/open.ts';
import { connectClient } from '../src/temporal/connect.ts';
import { writeWorkflowBundles } from '../src/temporal/workflow-bundle.ts';
import { slackControl, type Tenant } from './slack.ts';

export const TASK_QUEUE = 'bench';
export const BARE_TASK_QUEUE = 'bench-bare';

/** A worker that was told to end finishes its posts within 20 s; see src/create-worker.ts. */
const WORKER_GRACE_MS = 25_000;
const WORKER_START_MS = 60_000;
const QUIET = new DefaultLogger('ERROR');

export interface WorldOptions {
  cliPath: string;
  tenants: Tenant[];
  notifications: NewNotification[];
  /** More settings for the product's worker, on top of those of every measurement. */
  env: NodeJS.ProcessEnv;
  /** Starts the worker of the bare app too. */
  bare?: boolean;
  /** The worker writes the statements it ran to this file, in the world's folder, when it ends. */
  statementsFile?: string;
}

export type World = Awaited<ReturnType<typeof buildWorld>>;

/**
 * What one measurement needs, on loopback and free ports, each in a process of its own: Temporal's dev server with a file,
 * the sandbox, the product's worker and, where asked for, the bare app's. Its folder goes away with it.
 */
export async function buildWorld({ cliPath, tenants, notifications, ...options }: WorldOptions) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-bench-'));
  const sweep = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', sweep); // Ctrl-C leaves nothing behind either.
  stack.defer(async () => {
    process.off('exit', sweep);
    await rm(folder, { recursive: true, force: true });
  });

  const databaseFile = join(folder, 'temporal.db');
  const logFile = join(folder, 'temporal.log');
  const server = stack.use(await startTemporalServer({ cliPath, headless: true, dbFile: databaseFile, logFile }));
  const env = await environment({ folder, address: server.address, tenants, more: options.env });
  // Next to the store, where the worker finds it.
  writeSampleDatabase(join(folder, 'sample.db'), new Date());
  const config = loadConfig(env);
  const sandbox = await startSandboxProcess(config, env, folder);
  if (sandbox === undefined) throw new Error(`Something answers at ${config.slack.sandboxUrl} already`);
  stack.use(sandbox);

  const store = stack.use(await openStore(config.databaseUrl, config.pace));
  for (const { id, tokenEnv } of tenants) await store.workspaces.put({ id, name: id, tokenRef: `env:${tokenEnv}` });
  await store.notifications.add(notifications);

  const client = stack.use(await connectClient(config));
  const statementsFile = options.statementsFile && join(folder, options.statementsFile);
  const worker = stack.use(await startProduct({ folder, env, statementsFile }));
  const bare = options.bare === true ? stack.use(await startBare(folder, env)) : undefined;
  const moved = stack.move();
  return {
    folder,
    databaseFile,
    statementsFile,
    server,
    sandbox,
    slack: slackControl(config.slack.sandboxUrl),
    store,
    client,
    worker,
    bare,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** Nothing of the caller's own settings reaches the processes. */
async function environment(options: {
  folder: string;
  address: string;
  tenants: Tenant[];
  more: NodeJS.ProcessEnv;
}): Promise<NodeJS.ProcessEnv> {
  const { folder, address, tenants, more } = options;
  const sandboxUrl = `http://127.0.0.1:${await freePort()}`;
  return {
    PATH: process.env['PATH'],
    HOME: folder, // Temporal's own configuration file is looked up there
    DATABASE_URL: `sqlite:${folder}/store.db`,
    TEMPORAL_ADDRESS: address,
    SLACK_API_URL: `${sandboxUrl}/api/`,
    SLACK_SANDBOX_URL: sandboxUrl,
    SLACK_REPORTS_TASK_QUEUE: TASK_QUEUE,
    LOG_LEVEL: 'warn',
    ...Object.fromEntries(tenants.map(({ tokenEnv, token }) => [tokenEnv, token])),
    ...more,
  };
}

/** Bundled beforehand, as the bare one, so that the bundler's memory and time are not taken for the worker's. */
async function startProduct(options: { folder: string; env: NodeJS.ProcessEnv; statementsFile: string | undefined }) {
  const { folder, env, statementsFile } = options;
  const bundle = join(folder, 'workflows.js');
  await writeWorkflowBundles(bundle, QUIET);
  const counting =
    statementsFile === undefined ? [] : ['--import', new URL('count-statements.ts', import.meta.url).href];
  return startWorker(counting, '../src/worker.ts', {
    folder,
    env: { ...env, SLACK_REPORTS_WORKFLOW_BUNDLE: bundle, BENCH_STATEMENTS_FILE: statementsFile },
  });
}

async function startBare(folder: string, env: NodeJS.ProcessEnv) {
  const workflowsPath = fileURLToPath(new URL('bare/workflows.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: QUIET });
  const bundle = join(folder, 'bare.js');
  await writeFile(bundle, code);
  const more = { BENCH_BARE_BUNDLE: bundle, BENCH_BARE_TASK_QUEUE: BARE_TASK_QUEUE };
  return startWorker([], 'bare/worker.ts', { folder, env: { ...env, ...more } });
}

async function startWorker(
  nodeArgs: string[],
  program: string,
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
) {
  const ready = Promise.withResolvers<true>();
  const worker = await startChild({
    name: program,
    command: process.execPath,
    args: [...nodeArgs, fileURLToPath(new URL(program, import.meta.url))],
    env,
    cwd: folder,
    ipc: true,
    graceMs: WORKER_GRACE_MS,
    onMessage: () => ready.resolve(true),
  });
  const late = setTimeout(() => ready.reject(new Error('it did not become ready')), WORKER_START_MS);
  try {
    if ((await Promise.race([ready.promise, worker.exited])) === true) return worker;
    throw new Error('it ended');
  } catch (error) {
    await worker.stop();
    throw new Error(`${program} could not be started:\n${worker.lastLines()}`, { cause: error });
  } finally {
    clearTimeout(late);
  }
}
