import type { Client } from '@temporalio/client';
import { type Config, loadConfig } from '../config.ts';
import { messageOf, UserError } from '../errors.ts';
import { loadReports } from '../reports/registry.ts';
import { schedules } from '../schedule.ts';
import { listSends } from '../send.ts';
import { placeOf } from '../lib/database-url.ts';
import { openStore } from '../store/open.ts';
import { connectClient } from '../temporal.ts';
import { fail, type Finding, ok } from './finding.ts';
import { parked, reportsExist, schedulesExist, sendsHaveTheirs, ticks } from './notifications.ts';
import type { BothPlace, Check, ServerPlace, StorePlace } from './place.ts';
import { namespace, searchAttributes, serverVersion, taskQueues, unanswered } from './server.ts';
import { clock, workspaces } from './slack.ts';

const SERVER_CHECKS: readonly Check<ServerPlace>[] = [serverVersion, namespace, searchAttributes, taskQueues];
const STORE_CHECKS: readonly Check<StorePlace>[] = [reportsExist, parked];
const BOTH_CHECKS: readonly Check<BothPlace>[] = [schedulesExist, ticks, sendsHaveTheirs];
const SLACK_CHECKS: readonly Check<StorePlace>[] = [clock, workspaces];

/** Looks at everything that a delivery needs, and goes on where something is wrong. Changes nothing. */
export async function* examine(env: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  const config = loadConfig(env);
  await using stack = new AsyncDisposableStack();
  const store = await attempt('store', () => openStore(config.databaseUrl));
  if ('value' in store) {
    stack.use(store.value);
    yield ok('store', `${placeOf(config.databaseUrl)}, its tables are up to date`);
  } else yield store.finding;

  const client = await attempt('temporal', () => connectClient(config));
  if ('value' in client) yield* made(SERVER_CHECKS, { config, client: stack.use(client.value) });
  else yield client.finding;

  if (!('value' in store)) return;
  const reports = await attempt('reports', () => loadReports(config.reportsFolder));
  if ('finding' in reports) {
    yield reports.finding;
    return;
  }
  const notifications = (await store.value.notifications.list()).filter(({ enabled }) => enabled === 1);
  const place = { config, env, store: store.value, notifications, reports: reports.value };
  yield* made(STORE_CHECKS, place);
  if ('value' in client) yield* ofBoth(place, config, client.value);
  yield* made(SLACK_CHECKS, place);
}

async function* ofBoth(place: StorePlace, config: Config, client: Client): AsyncGenerator<Finding> {
  const { taskQueue } = config.temporal;
  const sends = await attempt('sends', () => listSends(client, taskQueue));
  if ('finding' in sends) yield sends.finding;
  else yield* made(BOTH_CHECKS, { ...place, schedules: schedules(client, taskQueue), sends: sends.value });
}

async function* made<Place>(checks: readonly Check<Place>[], place: Place): AsyncGenerator<Finding> {
  for (const check of checks) {
    try {
      yield* await check(place);
    } catch (error) {
      yield unanswered(check.name, error);
    }
  }
}

/** What the other checks need; a finding where it is not to be had. */
async function attempt<Value>(
  what: string,
  get: () => Promise<Value>,
): Promise<{ value: Value } | { finding: Finding }> {
  try {
    return { value: await get() };
  } catch (error) {
    return { finding: fail(what, messageOf(error), error instanceof UserError ? (error.hint ?? '') : '') };
  }
}
