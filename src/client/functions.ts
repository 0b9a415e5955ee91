import type { Client } from '@temporalio/client';
import { configuredTaskQueue } from '../config.ts';
import * as runs from '../runs/start.ts';
import * as sends from '../scheduling/send.ts';
import { warn } from './context.ts';

/** A run to start; its task queue is the configured one unless it names another. */
export type NewRun = Omit<runs.NewRun, 'taskQueue'> & { taskQueue?: string | undefined };

/** A send at a time; its task queue is the configured one unless it names another. */
export type NewSend = Omit<sends.NewSend, 'taskQueue'> & { taskQueue?: string | undefined };

/**
 * Starts a run now on a Temporal client of yours, and returns its handle; `followRun` waits for its end. It goes to the task
 * queue of SLACK_REPORTS_TASK_QUEUE. If no worker polls it, the run waits for one and the process warns; with `requireWorker`
 * it is an error `no_worker`. The same key with the same selection is one run.
 * Throws a UserError: `invalid_selection`, `invalid_key`, `key_in_use`, `no_worker`.
 * @example await startRun(client, { selection: { kind: 'matching', filter: { account: 'acme' } }, idempotencyKey: 'import-4711' });
 */
export function startRun(client: Client, run: NewRun): Promise<runs.RunHandle> {
  return runs.startRun(client, { onNote: warn, ...run, taskQueue: run.taskQueue ?? configuredTaskQueue() });
}

/**
 * Sends notifications once, at a time, on the task queue of SLACK_REPORTS_TASK_QUEUE. Temporal keeps it, so your program may
 * end. The same key, or without one the same selection and time, is one send.
 * Throws a UserError: `past_time`, `send_exists`, `key_in_use`, `invalid_selection`.
 * @example await sendAt(client, { selection: { kind: 'notifications', ids: ['acme-trial-ends'] }, at: new Date('2026-12-01T08:00:00Z') });
 */
export function sendAt(client: Client, send: NewSend): Promise<sends.Send> {
  return sends.sendAt(client, { ...send, taskQueue: send.taskQueue ?? configuredTaskQueue() });
}

/**
 * Pending sends, and those of the last seven days; eventually consistent.
 * @example (await listSends(client)).filter(({ state }) => state === 'waiting')
 */
export function listSends(client: Client, taskQueue: string = configuredTaskQueue()): Promise<sends.Send[]> {
  return sends.listSends(client, taskQueue);
}
