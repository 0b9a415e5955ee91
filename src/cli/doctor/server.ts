import { durationText } from '../../lib/duration.ts';
import { missingSearchAttributes } from '../../temporal/search-attributes.ts';
import type { ServerContext } from './check.ts';
import { fail, type Finding, named, ok, warn } from './finding.ts';

/** Less than this, and the runs of last week are no longer in the Web UI; in milliseconds. */
const RETENTION_MIN_MS = 7 * 86_400_000;
/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;

export async function serverVersion({ client, config }: ServerContext): Promise<Finding[]> {
  const { serverVersion: version } = await client.workflowService.getSystemInfo({});
  const { connection, codecKeys } = config.temporal;
  const encryption = codecKeys === undefined ? '' : `, payloads encrypted with key "${codecKeys.first}"`;
  return [ok('temporal', `${connection.address}, server ${version}${encryption}`)];
}

/** `temporal server start-dev` keeps ended workflows for one day. */
export async function namespace({ client, config }: ServerContext): Promise<Finding[]> {
  const name = config.temporal.namespace;
  const what = `namespace ${name}`;
  try {
    const answer = await client.workflowService.describeNamespace({ namespace: name });
    const ms = Number(answer.config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000;
    if (ms >= RETENTION_MIN_MS) return [ok(what, `keeps runs for ${durationText(ms)}`)];
    return [
      warn(
        what,
        `keeps runs for only ${durationText(ms)}; after that they are in the ledger, but not in the Web UI`,
        'Raise it: slack-reports setup --retention 30d',
      ),
    ];
  } catch (error) {
    if ((error as { code?: unknown }).code !== NOT_FOUND) throw error;
    return [fail(what, 'does not exist', `Create it: temporal operator namespace create -n ${name} --retention 30d`)];
  }
}

/** Without them only the queries in the Web UI fail. */
export async function searchAttributes({ client, config }: ServerContext): Promise<Finding[]> {
  const what = 'search attributes';
  const missing = await missingSearchAttributes(client, config.temporal.namespace);
  if (missing.length === 0) return [ok(what, 'the Web UI finds deliveries by account, channel, report and state')];
  return [warn(what, `not registered: ${missing.join(', ')}`, 'Register them: slack-reports setup')];
}

/** A poll lasts up to a minute, and the server remembers who polled for five; in milliseconds. */
const POLL_MS = 75_000;
/** The server's numbers for the two kinds of tasks: `TaskQueueType`. */
const [WORKFLOWS, ACTIVITIES] = [1, 2];

/** Workflows and activities are polled for separately. */
export async function taskQueues(context: ServerContext): Promise<Finding[]> {
  const { taskQueue } = context.config.temporal;
  return [
    ...(await pollersOf(context, taskQueue, WORKFLOWS, 'runs')),
    ...(await pollersOf(context, taskQueue, ACTIVITIES, 'reports and posts')),
  ];
}

async function pollersOf(
  { client, config }: ServerContext,
  name: string,
  taskQueueType: number,
  work: string,
): Promise<Finding[]> {
  const what = `worker for ${work}`;
  const request = { namespace: config.temporal.namespace, taskQueue: { name }, taskQueueType };
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum is in a package that the SDK keeps to itself
  const { pollers } = await client.workflowService.describeTaskQueue(request);
  const seen = (pollers ?? []).map((poller) => ({
    identity: poller.identity ?? '',
    build: poller.deploymentOptions?.buildId ?? poller.workerVersionCapabilities?.buildId ?? '',
    ageMs: Math.max(0, Date.now() - Number(poller.lastAccessTime?.seconds ?? 0) * 1_000),
  }));
  const alive = seen.filter(({ ageMs }) => ageMs < POLL_MS);
  const start = 'Start one: npm run worker';
  if (alive.length === 0) {
    const last = seen.length === 0 ? '' : `; the last was seen ${ageText(Math.min(...seen.map(({ ageMs }) => ageMs)))}`;
    return [fail(what, `none polls task queue ${name}${last}`, start)];
  }
  const identities = [...new Set(alive.map(({ identity }) => identity))];
  const newest = ageText(Math.min(...alive.map(({ ageMs }) => ageMs)));
  const builds = new Set(alive.map(({ build }) => build));
  const detail = `${identities.length} on task queue ${name}, seen ${newest}: ${named(identities)}`;
  if (builds.size === 1) return [ok(what, detail)];
  return [warn(what, `${detail}; they run ${builds.size} versions`, 'Restart the older ones.')];
}

function ageText(ms: number): string {
  return ms < 2_000 ? 'just now' : `${Math.round(ms / 1_000)} s ago`;
}
