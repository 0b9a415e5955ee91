import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { FaultSpec } from 'slack-sandbox';
import { freePort } from '../../src/lib/ports.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { type App, startApp } from './app.ts';
import { type Ended, environment, runCli, startProgram } from './program.ts';
import { type NotificationFields, rider } from './store.ts';
import { until } from './until.ts';

/** By workspace, each of which has the environment variable of its name, such as NARWHAL_TOKEN. */
const TOKEN_OF = {
  narwhal: 'xoxb-7-secret-of-narwhal',
  /** Slack says that it is revoked. */
  oryx: 'xoxb-8-secret-of-oryx',
  /** Slack asks it to wait, which holds up the whole workspace. */
  quokka: 'xoxb-6-secret-of-quokka',
  /** As of a careless copy: the space has no width, and no header may hold it. */
  dugong: 'xoxb-9-secret-of\u200b-the-dugong',
};

/** Every token above, and every piece of one that is long enough to matter. */
export const TOKENS = /xox[a-z]-\d|secret-of|-the-dugong/;
/** What stands in the place of a token; where it is there has been one. */
export const BLOTTED = '***';

/** Notifications, by how their delivery ends; each has a channel of its own. */
const KINDS: Record<string, NotificationFields> = {
  plain: {},
  lost: {},
  archived: {},
  refused: {},
  limited: { workspaceId: 'quokka' },
  impossible: { account: 'quagga-unknown' },
  untold: { workspaceId: 'untold' },
  malformed: { workspaceId: 'dugong' },
  revoked: { workspaceId: 'oryx' },
  forbidden: {},
  echoed: {},
};

export type EveryEnding = Awaited<ReturnType<typeof runEveryEnding>>;

/**
 * A run that ends in every way that there is, by the real worker process: reports delivered at once and after a lost
 * answer, refused, parked, impossible, and one that is held up. Slack's answers repeat the token where they can.
 */
export async function runEveryEnding(
  extra: Record<string, string> = {},
  beforeWorker: (app: App) => Promise<void> = async () => {},
) {
  await using stack = new AsyncDisposableStack();
  const codecKeys = extra['SLACK_REPORTS_CODEC_KEYS'];
  const app = stack.use(await startApp({ withoutWorker: true, ...(codecKeys !== undefined && { codecKeys }) }));
  const [metricsAddress, healthAddress] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const variables: Record<string, string> = {
    DATABASE_URL: app.databaseUrl,
    SLACK_API_URL: app.sandbox.slackApiUrl,
    SLACK_SANDBOX_URL: app.sandbox.url,
    SLACK_REPORTS_TASK_QUEUE: app.taskQueue,
    SLACK_SETTLE_SECONDS: '1',
    SLACK_CHANNEL_INTERVAL_MS: '0',
    SLACK_WORKSPACE_PER_MINUTE: '0',
    ...Object.fromEntries(Object.entries(TOKEN_OF).map(([id, token]) => [`${id.toUpperCase()}_TOKEN`, token])),
    LOG_LEVEL: 'debug',
    ...extra,
  };
  await addWorkspaces(app);
  addFaults(app);
  const schedule = await app.schedule();
  const ids = await addNotifications(app, schedule);
  await beforeWorker(app);
  const log: string[] = [];
  const env = { ...variables, METRICS_ADDRESS: metricsAddress, HEALTH_ADDRESS: healthAddress };
  const onLine = (line: string) => void log.push(line);
  stack.use(await startProgram('src/worker.ts', { folder: app.folder, env: environment(app.folder, env), onLine }));

  const dispatchId = await app.schedules.trigger(schedule);
  await untilEnded(app);
  const workflowOf = async (kind: string) => {
    const [row] = await app.store.deliveries.list({ notificationId: ids[kind] }, 1);
    return deliverWorkflowId({ notificationId: row!.notificationId, occurrence: row!.occurrence });
  };
  await until('the held up one to be told to wait', async () => {
    const { raw } = await app.client.workflow.getHandle(await workflowOf('limited')).describe();
    return (raw.pendingActivities?.[0]?.attempt ?? 0) > 1;
  });
  const workflows = [dispatchId, ...(await Promise.all(Object.keys(KINDS).map(workflowOf)))];
  const ended = stack.move();
  const cli = (...args: string[]) => runCli(args, { folder: app.folder, variables });
  return {
    app,
    schedule,
    /** Workflow ids of the run and of its deliveries. */
    workflows,
    workflowOf,
    variables,
    cli,
    log,
    /** All that can be read of it outside Temporal, by where. */
    told: async () => ({
      log: log.join('\n'),
      metrics: await textOf(`http://${metricsAddress}/metrics`),
      health: (await textOf(`http://${healthAddress}/livez`)) + (await textOf(`http://${healthAddress}/readyz`)),
      ...(await tablesOf(app)),
      ...(await printed(cli, [
        ...'failures deliveries parked workspaces'.split(' ').map((what) => [what, 'list']),
        ['runs', 'show', dispatchId],
        ['doctor'],
        ...['refused', 'revoked', 'malformed'].map((kind) => ['why', ids[kind]!]),
      ])),
    }),
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}

async function addWorkspaces({ store, sandbox }: App): Promise<void> {
  for (const [id, token] of Object.entries(TOKEN_OF)) {
    await store.workspaces.put({ id, name: id, tokenRef: `env:${id.toUpperCase()}_TOKEN` });
    const kinds = Object.keys(KINDS).filter((kind) => workspaceOf(kind) === id);
    const channels = kinds.map((kind) => ({
      id: channelOf(kind),
      name: `narwhal-${kind}`,
      archived: kind === 'archived',
    }));
    const response = await fetch(`${sandbox.url}/_sandbox/workspaces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: `T0${id.toUpperCase()}`, name: id, token, channels }),
    });
    expect(response.status).toBe(200);
  }
  await store.workspaces.put({ id: 'untold', name: 'Untold', tokenRef: 'env:NOT_SET' });
}

function addFaults({ sandbox: { sandbox } }: App): void {
  const add = (kind: string, fault: Pick<FaultSpec, 'action'> & Partial<FaultSpec>) =>
    sandbox.faults.add({ method: 'chat.postMessage', channel: channelOf(kind), when: 'before', ...fault });
  add('lost', { when: 'after', times: 1, action: { type: 'drop' } });
  add('limited', { action: { type: 'rate_limit', retryAfter: 600 } });
  add('refused', { action: refusal('invalid_blocks', TOKEN_OF.narwhal) });
  add('forbidden', { action: refusal('restricted_action', TOKEN_OF.narwhal) });
  add('revoked', { action: refusal('token_revoked', TOKEN_OF.oryx) });
  // A workspace is parked only if Slack refuses its token here, too.
  const revoked = refusal('token_revoked', TOKEN_OF.oryx);
  sandbox.faults.add({ method: 'auth.test', workspace: 'T0ORYX', when: 'before', action: revoked });
  // No code of Slack's: what a proxy may answer.
  add('echoed', { times: 1, action: refusal(`Bearer ${TOKEN_OF.narwhal} is not let through`, TOKEN_OF.narwhal) });
}

function refusal(error: string, token: string): FaultSpec['action'] {
  return { type: 'error', error, errors: [`not with ${token}`] };
}

async function addNotifications({ store }: App, schedule: string): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const [kind, fields] of Object.entries(KINDS)) {
    const id = `${kind}-${randomUUID()}`;
    const names = { name: `Beluga ${kind}`, channel: channelOf(kind), channelName: `#narwhal-${kind}` };
    await store.notifications.add([rider(id, schedule, { workspaceId: 'narwhal', ...names, ...fields })]);
    ids[kind] = id;
  }
  return ids;
}

async function untilEnded({ store }: App): Promise<void> {
  await until(
    'all but the one that is held up to end',
    async () => {
      const counts = await store.deliveries.countByState({});
      return counts.delivered === 3 && counts.failed === 2 && counts.parked === 5 && counts.pending === 1;
    },
    60_000,
  ).catch(async (error: unknown) => {
    throw new Error(`Not ended: ${JSON.stringify(await store.deliveries.countByState({}))}`, { cause: error });
  });
}

function channelOf(kind: string): string {
  return `C0NARWHAL${kind.toUpperCase()}`;
}

function workspaceOf(kind: string): string {
  const { workspaceId = 'narwhal' } = KINDS[kind] ?? {};
  return workspaceId;
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** Every row of the store. */
async function tablesOf({ store }: App): Promise<Record<string, string>> {
  const tables = await store.db.introspection.getTables();
  const texts = tables.map(async ({ name }) => {
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(store.db);
    return [`table ${name}`, JSON.stringify(rows)] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

/** What the commands print, by their names; of a notification, the kind. */
async function printed(
  cli: (...args: string[]) => Promise<Ended>,
  commands: string[][],
): Promise<Record<string, string>> {
  const texts = commands.map(async (args) => {
    const { stdout, stderr } = await cli(...args);
    return [
      args
        .slice(0, 2)
        .join(' ')
        .replace(/-[\da-f-]{36}$/, ''),
      stdout + stderr,
    ] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}
