import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type RunningSandbox } from '../sandbox/server.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { loadConfig } from '../src/config.ts';
import { seedAccounts } from '../src/sample/seed.ts';
import { UserError } from '../src/errors.ts';
import { openStore } from '../src/store/open.ts';
import { connectClient } from '../src/temporal.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { faultMix } from './fault-mix.ts';
import { channelName, type Plan } from './plan.ts';
import type { RunOptions } from './run-seed.ts';
import { startServer } from './server.ts';
import { persist } from './wait.ts';
import { startWorkers } from './workers.ts';

/** Wide enough that most posts pass, narrow enough that Slack's own 429 comes up too. */
export const LIMITS = {
  channel: { perMinute: 600, burst: 10 },
  workspace: { perMinute: 3_000, burst: 100 },
  methods: { 'conversations.history': { perMinute: 120, burst: 30 } },
};
const TASK_QUEUE = 'chaos';

export type World = Awaited<ReturnType<typeof buildWorld>>;

/**
 * Everything that a run needs, on loopback and free ports, with its data in a folder of its own. The sandbox lives in this
 * process, which is never killed: it is the witness.
 */
export async function buildWorld(plan: Plan, { cliPath, keep, signal }: RunOptions) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), `slack-reports-chaos-${plan.seed}-`));
  if (!keep) stack.defer(() => rm(folder, { recursive: true, force: true }));
  const sandbox = stack.use(await startSandbox({ port: 0, limits: { ...LIMITS, historyLagMs: plan.historyLagMs } }));
  furnish(sandbox.sandbox, plan);
  for (const fault of faultMix(plan)) sandbox.sandbox.faults.add(fault);
  const server = stack.use(await startServer({ cliPath, folder }));
  const databaseUrl = plan.store === 'postgres' ? await postgres(stack) : `sqlite:${folder}/store.db`;
  const env = environment(plan, { databaseUrl, sandbox, address: server.address });
  const config = loadConfig(env);
  const store = stack.use(await openStore(config.databaseUrl));
  await seedAccounts(store, plan.nominal);
  for (const { id, tokenEnv } of plan.spaces) await store.workspaces.put({ id, name: id, tokenRef: `env:${tokenEnv}` });
  await store.notifications.add(plan.items.map(({ row }) => row));
  // It may take its time on a busy machine.
  const client = stack.use(await persist('connect', () => connectClient(config), { signal }));
  const workers = stack.use(await startWorkers({ count: plan.workers, env, folder }));
  const moved = stack.move();
  return {
    folder,
    sandbox: sandbox.sandbox,
    server,
    store,
    client,
    workers,
    taskQueue: TASK_QUEUE,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** A Postgres server of its own, which outlives the workers. */
async function postgres(stack: AsyncDisposableStack): Promise<string> {
  const server = await startPostgres();
  if (server === undefined) {
    throw new UserError('no_postgres', 'There is no Postgres on this machine', {
      hint: 'Install one (Debian: `apt-get install postgresql`), or leave out `--store postgres`.',
      exitCode: 1,
    });
  }
  stack.defer(() => server.stop());
  return server.url;
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
  { databaseUrl, sandbox, address }: { databaseUrl: string; sandbox: RunningSandbox; address: string },
): NodeJS.ProcessEnv {
  const tokens = Object.fromEntries(plan.spaces.map(({ tokenEnv, token }) => [tokenEnv, token]));
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: address,
    SLACK_API_URL: sandbox.slackApiUrl,
    SLACK_SANDBOX_URL: sandbox.url,
    SLACK_SETTLE_SECONDS: String(plan.settleSeconds),
    // Paced, but so that a seed takes minutes; the sandbox's own limits are as wide.
    SLACK_CHANNEL_INTERVAL_MS: '50',
    SLACK_WORKSPACE_PER_MINUTE: '6000',
    SLACK_REPORTS_TASK_QUEUE: TASK_QUEUE,
    LOG_LEVEL: 'warn',
    ...tokens,
  };
}
