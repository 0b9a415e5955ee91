import type { Client } from '@temporalio/client';
import { type Config, loadConfig } from '../../config.ts';
import { AsyncStack } from '../../lib/async-stack.ts';
import { messageOf } from '../../lib/errors.ts';
import { ordinaryTrouble } from '../../lib/ordinary-trouble.ts';
import { loadReports } from '../../reports/registry.ts';
import { schedules } from '../../schedule.ts';
import { listSends } from '../../scheduling/send.ts';
import { isPlainRemote, placeOf } from '../../lib/database-url.ts';
import type { Notification } from '../../domain/notification.ts';
import { openStore, type Store } from '../../store/open.ts';
import type { Workspace } from '../../store/workspaces.ts';
import { connectClient } from '../../temporal/connect.ts';
import { reportDatabases } from './databases.ts';
import type { Check, ClockContext, CrossContext, ServerContext, StoreContext } from './check.ts';
import { slackClock, storeClock } from './clock.ts';
import { fail, type Finding, ok, warn } from './finding.ts';
import {
  dispatches,
  parked,
  readable,
  reportsExist,
  schedulesExist,
  sendsHaveTheirs,
  sourcesRead,
  ticks,
} from './notifications.ts';
import { namespace, searchAttributes, serverVersion, taskQueues } from './server.ts';
import { pictures } from './pictures.ts';
import { workspaces } from './slack.ts';
import { scheduleRules, tzVersion } from './time.ts';

const CLOCK_CHECKS: readonly Check<ClockContext>[] = [slackClock, storeClock];
const SERVER_CHECKS: readonly Check<ServerContext>[] = [serverVersion, namespace, searchAttributes, taskQueues];
const STORE_CHECKS: readonly Check<StoreContext>[] = [readable, reportsExist, sourcesRead, parked, reportDatabases];
const CROSS_CHECKS: readonly Check<CrossContext>[] = [
  schedulesExist,
  ticks,
  dispatches,
  scheduleRules,
  sendsHaveTheirs,
];
const SLACK_CHECKS: readonly Check<StoreContext>[] = [workspaces];

/** Checks everything that a delivery needs, and continues after a problem. Changes nothing. */
export async function* examine(env: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  const config = loadConfig(env);
  await using stack = new AsyncStack();
  const store = await open('store', () => openStore(config.databaseUrl, undefined, { mustExist: true }));
  if (store.kind === 'opened') {
    stack.use(store.value);
    yield ok('store', `${placeOf(config.databaseUrl)}, its tables are up to date`);
    if (isPlainRemote(config.databaseUrl)) yield plainStore();
  } else yield store.finding;

  yield* tzVersion(new Date());

  // Before anything that compares times of others with this machine's.
  const enabled = store.kind === 'opened' ? await enabledIn(store.value) : [];
  let isClockOff = false;
  if (store.kind === 'opened') {
    const context = { config, store: store.value, workspaces: await usedBy(enabled, store.value) };
    for await (const finding of runChecks(CLOCK_CHECKS, context)) {
      isClockOff ||= finding.kind === 'fail';
      yield finding;
    }
  }

  const client = await open('temporal', () => connectClient(config));
  if (client.kind === 'opened')
    yield* runChecks(SERVER_CHECKS, { config, client: stack.use(client.value), isClockOff });
  else yield client.finding;

  yield pictures();
  if (store.kind === 'failed') return;
  const reports = await open('reports', () => loadReports(config.reportsFolder, config.sample));
  if (reports.kind === 'failed') {
    yield reports.finding;
    return;
  }
  const context = { config, env, store: store.value, notifications: enabled, reports: reports.value };
  yield* runChecks(STORE_CHECKS, context);
  if (client.kind === 'opened') yield* crossChecks(context, config, client.value);
  yield* runChecks(SLACK_CHECKS, context);
}

async function enabledIn(store: Store): Promise<Notification[]> {
  return (await store.notifications.list()).filter(({ enabled }) => enabled);
}

async function usedBy(notifications: readonly Notification[], store: Store): Promise<Workspace[]> {
  const used = new Set(notifications.map(({ workspaceId }) => workspaceId));
  return (await store.workspaces.list()).filter(({ id }) => used.has(id));
}

async function* crossChecks(context: StoreContext, config: Config, client: Client): AsyncGenerator<Finding> {
  const { taskQueue } = config.temporal;
  const sends = await open('sends', () => listSends(client, taskQueue));
  if (sends.kind === 'failed') yield sends.finding;
  else yield* runChecks(CROSS_CHECKS, { ...context, schedules: schedules(client, taskQueue), sends: sends.value });
}

async function* runChecks<Context>(checks: readonly Check<Context>[], context: Context): AsyncGenerator<Finding> {
  for (const check of checks) {
    try {
      yield* await check(context);
    } catch (error) {
      yield checkFailed(check.name, error);
    }
  }
}

function checkFailed(what: string, error: unknown): Finding {
  const advice = ordinaryTrouble(error)?.hint ?? "Check that the server is healthy: see the server's log.";
  return fail(what, `could not be checked: ${messageOf(error)}`, advice);
}

function plainStore(): Finding {
  return warn(
    'store',
    'the connection to Postgres is not encrypted: its password and all data go over the network in plain text',
    'Add ?sslmode=verify-full to DATABASE_URL, or sslmode=require where the certificate cannot be checked.',
  );
}

type Opened<Value> = { kind: 'opened'; value: Value } | { kind: 'failed'; finding: Finding };

/** Opens what later checks need. */
async function open<Value>(what: string, get: () => Promise<Value>): Promise<Opened<Value>> {
  try {
    return { kind: 'opened', value: await get() };
  } catch (error) {
    const advice = ordinaryTrouble(error)?.hint ?? '';
    return { kind: 'failed', finding: fail(what, messageOf(error), advice) };
  }
}
