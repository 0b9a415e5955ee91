import { durationText } from '../../lib/duration.ts';
import { alive, type Poller, pollersOf } from '../../runs/workers.ts';
import { missingSearchAttributes } from '../../temporal/search-attributes.ts';
import type { ServerContext } from './check.ts';
import { clockFinding } from './clock.ts';
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

/** Workflows and activities are polled for separately. */
export async function taskQueues({ client, config, isClockOff }: ServerContext): Promise<Finding[]> {
  const { taskQueue } = config.temporal;
  const seen = {
    workflows: await pollersOf(client, taskQueue, 'workflows'),
    activities: await pollersOf(client, taskQueue, 'activities'),
  };
  const clock = clockBehind([...seen.workflows, ...seen.activities]);
  const isOff = isClockOff || clock.length > 0;
  return [
    ...clock,
    workersFinding('runs', seen.workflows, { taskQueue, isClockOff: isOff }),
    workersFinding('reports and posts', seen.activities, { taskQueue, isClockOff: isOff }),
  ];
}

/** The server answers with no time of its own, but a worker that it saw in our future shows that our clock is behind. */
function clockBehind(pollers: readonly Poller[]): Finding[] {
  const finding = clockFinding('Temporal', Math.min(0, ...pollers.map(({ ageMs }) => ageMs)));
  return finding.kind === 'ok' ? [] : [finding];
}

function workersFinding(
  work: string,
  seen: readonly Poller[],
  { taskQueue, isClockOff }: { taskQueue: string; isClockOff: boolean },
): Finding {
  const what = `worker for ${work}`;
  const there = alive(seen);
  if (there.length === 0) {
    const last = seen.length === 0 ? '' : `; the last was seen ${ageText(Math.min(...seen.map(({ ageMs }) => ageMs)))}`;
    return fail(what, `none polls task queue ${taskQueue}${last}`, noWorkerAdvice(seen, isClockOff));
  }
  const identities = [...new Set(there.map(({ identity }) => identity))];
  const newest = ageText(Math.min(...there.map(({ ageMs }) => ageMs)));
  const builds = new Set(there.map(({ build }) => build));
  const detail = `${identities.length} on task queue ${taskQueue}, seen ${newest}: ${named(identities)}`;
  if (builds.size === 1) return ok(what, detail);
  return warn(what, `${detail}; they run ${builds.size} versions`, 'Restart the older ones.');
}

function noWorkerAdvice(seen: readonly Poller[], isClockOff: boolean): string {
  const start = 'Start one: npm run worker';
  if (seen.length === 0) return start;
  if (isClockOff) return 'Set the clock first, then ask again: by a clock that is off, workers look dead';
  return `${start}. If one runs, this machine's clock may be ahead of the Temporal server's`;
}

function ageText(ms: number): string {
  return ms < 2_000 ? 'just now' : `${Math.round(ms / 1_000)} s ago`;
}
