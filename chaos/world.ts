import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { startSandbox, type RunningSandbox, type Sandbox } from 'slack-sandbox';
import { writeSampleDatabase } from '../examples/sample/database.ts';
import { loadConfig } from '../src/config.ts';
import { SAMPLE_FOLDER } from '../src/reports/sample.ts';
import { openStore } from '../src/store/open.ts';
import { connectClient } from '../src/temporal/connect.ts';
import { writeWorkflowBundles } from '../src/temporal/workflow-bundle.ts';
import { faultMix } from './fault-mix.ts';
import { isOfSource, sourceSettings, writeSource } from './source.ts';
import { channelName, type Plan, type RunOptions } from './plan.ts';
import { watchReadiness } from './readiness.ts';
import { startServer } from './server.ts';
import { startStoreServer } from './store-server.ts';
import { persist } from './wait.ts';
import { portWithWebUi, startWhole } from './whole.ts';
import { startWorkers } from './workers.ts';

/** Wide enough that most posts pass, narrow enough that Slack's own 429 comes up too. */
export const LIMITS = {
  channel: { perMinute: 600, burst: 10 },
  workspace: { perMinute: 3_000, burst: 100 },
  methods: { 'conversations.history': { perMinute: 120, burst: 30 } },
};
const TASK_QUEUE = 'chaos';
const QUIET = new DefaultLogger('ERROR');

export type World = Awaited<ReturnType<typeof buildWorld>>;

/**
 * Everything that a run needs, on loopback and free ports, with its data in a folder of its own. The sandbox lives in this
 * process, which is never killed: it is the witness.
 */
export async function buildWorld(plan: Plan, { cliPath, keep, signal }: RunOptions) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), `slack-reports-chaos-${plan.seed}-`));
  if (!keep) stack.defer(() => rm(folder, { recursive: true, force: true }));
  const limits = plan.hide === true ? { silentHide: true } : LIMITS;
  const history = {
    historyLagMs: plan.historyLagMs,
    ...(plan.historyPage !== undefined && { historyPageMax: plan.historyPage }),
  };
  const sandbox = stack.use(await startSandbox({ port: 0, limits: { ...limits, ...history } }));
  furnish(sandbox.sandbox, plan);
  for (const fault of faultMix(plan)) sandbox.sandbox.faults.add(fault);
  const readiness = watchReadiness();
  const ownServer = plan.whole === true ? undefined : stack.use(await startServer({ cliPath, folder, readiness }));
  const address = ownServer?.address ?? `127.0.0.1:${await portWithWebUi()}`;
  const storeServer = plan.store === 'postgres' ? stack.use(await startStoreServer(readiness)) : undefined;
  const witnessUrl = storeServer?.url ?? `sqlite:${folder}/store.db`;
  // The workers' way to it may go silent.
  const databaseUrl = storeServer?.workersUrl ?? witnessUrl;
  const bundle = `${folder}/workflows.js`;
  const activityFile = `${folder}/activity.db`;
  writeSampleDatabase(activityFile, plan.nominal);
  const env = environment(plan, { databaseUrl, activityFile, sandbox, address, cliPath, bundle, folder });
  const config = loadConfig(env);
  const store = stack.use(await openStore(witnessUrl));
  for (const { id, token, tokenFile } of plan.spaces) {
    const file = join(folder, tokenFile);
    await writeFile(file, token);
    await store.workspaces.put({ id, name: id, tokenRef: `file:${file}` });
  }
  const stored = plan.items.filter(({ row }) => !isOfSource(plan, row));
  await store.notifications.add(stored.map(({ row }) => row));
  if (plan.source !== undefined) await writeSource(folder, plan, plan.source);
  // Many workers are started; each would take a second or two for it.
  await writeWorkflowBundles(bundle, QUIET);
  stack.use(readiness);
  const all = { env, folder, readiness };
  const { workers, server } =
    ownServer === undefined
      ? await whole(stack, all)
      : { server: ownServer, workers: stack.use(await startWorkers({ ...all, count: plan.workers })) };
  // It may take its time on a busy machine.
  const client = stack.use(await persist('connect', () => connectClient(config), { signal }));
  const moved = stack.move();
  return {
    folder,
    sandbox: sandbox.sandbox,
    server,
    storeServer,
    readiness,
    store,
    client,
    workers,
    taskQueue: TASK_QUEUE,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

async function whole(stack: AsyncDisposableStack, options: Parameters<typeof startWhole>[0]) {
  const workers = stack.use(await startWhole(options));
  return { workers, server: workers.server };
}

/** The workspaces and channels of the plan. */
export function furnish({ store }: Sandbox, plan: Plan): void {
  for (const { id, token, scopes } of plan.spaces) {
    store.record({ type: 'workspace', workspace: { id, name: id } });
    store.record({ type: 'token', token: { token, workspace: id, scopes, state: 'ok' } });
  }
  for (const channel of plan.places) {
    const { id, trouble, workspace } = channel;
    const member = trouble !== 'join' && trouble !== 'closed';
    const isPrivate = trouble === 'closed';
    const where = { workspace: workspace.id, name: channelName(channel), archived: false };
    store.record({ type: 'channel', channel: { ...where, id, private: isPrivate, member } });
  }
}

function environment(
  plan: Plan,
  where: {
    databaseUrl: string;
    activityFile: string;
    sandbox: RunningSandbox;
    address: string;
    cliPath: string;
    bundle: string;
    folder: string;
  },
): NodeJS.ProcessEnv {
  const { databaseUrl, activityFile, sandbox, address, cliPath, bundle } = where;
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATABASE_URL: databaseUrl,
    SLACK_REPORTS_DIR: `${SAMPLE_FOLDER}/reports`,
    REPORTS_DB_SAMPLE: `sqlite:${activityFile}`,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_CLI: cliPath,
    SLACK_API_URL: sandbox.slackApiUrl,
    SLACK_SANDBOX_URL: sandbox.url,
    SLACK_SETTLE_SECONDS: String(plan.settleSeconds),
    // Paced, but so that a seed takes minutes; the sandbox's own limits are as wide.
    ...(plan.hide !== true && { SLACK_CHANNEL_INTERVAL_MS: '50', SLACK_WORKSPACE_PER_MINUTE: '6000' }),
    SLACK_REPORTS_TASK_QUEUE: TASK_QUEUE,
    SLACK_REPORTS_WORKFLOW_BUNDLE: bundle,
    LOG_LEVEL: 'warn',
    ...(plan.source !== undefined && sourceSettings(where.folder)),
  };
}
