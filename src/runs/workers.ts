import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { UserError } from '../lib/errors.ts';

/** A worker, or a part of one, that asked for tasks in the last minutes. */
export interface Poller {
  identity: string;
  /** What it is a version of; empty without worker versioning. */
  build: string;
  /** By this machine's clock; negative where that is behind the server's. */
  ageMs: number;
}

/** A poll lasts up to a minute, and the server remembers who polled for five; in milliseconds. */
const POLL_MS = 75_000;
/** A worker that has just started may not have asked yet, in milliseconds. */
const STARTING_MS = 1_000;
/** The server's numbers for the two kinds of tasks: `TaskQueueType`. */
const TASKS = { workflows: 1, activities: 2 } as const;

/** Who polled a task queue in the last five minutes, as the server remembers it. */
export async function pollersOf(client: Client, taskQueue: string, tasks: keyof typeof TASKS): Promise<Poller[]> {
  const request = {
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TASKS[tasks],
  };
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum is in a package that the SDK keeps to itself
  const { pollers } = await client.workflowService.describeTaskQueue(request);
  return (pollers ?? []).map((poller) => ({
    identity: poller.identity ?? '',
    build: poller.deploymentOptions?.buildId ?? poller.workerVersionCapabilities?.buildId ?? '',
    ageMs: Date.now() - Number(poller.lastAccessTime?.seconds ?? 0) * 1_000,
  }));
}

/** Pollers that are there now. */
export function alive(pollers: readonly Poller[]): Poller[] {
  return pollers.filter(({ ageMs }) => ageMs < POLL_MS);
}

/**
 * The error for a task queue that no worker polls: what is started there waits until one does. Undefined if one polls it, or
 * if the server does not say.
 */
export async function withoutWorker(client: Client, taskQueue: string): Promise<UserError | undefined> {
  let wasSeen = false;
  for (const waitMs of [0, STARTING_MS]) {
    await sleep(waitMs);
    const pollers = await pollersOf(client, taskQueue, 'workflows').catch(() => undefined);
    if (pollers === undefined || alive(pollers).length > 0) return undefined;
    wasSeen = pollers.length > 0;
  }
  // Seen minutes ago by this machine's clock, which may be ahead of the server's.
  const clock = wasSeen ? ' If one runs, `slack-reports doctor` tells whether this clock is off.' : '';
  return UserError.failure('no_worker', `No worker polls the task queue ${taskQueue}`, {
    hint:
      'Start one with `npm run worker`. Do the worker and this program have the same SLACK_REPORTS_TASK_QUEUE?' + clock,
  });
}
