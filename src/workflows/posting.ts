import {
  ActivityCancellationType,
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { postingQueue } from './ids.ts';

/**
 * How soon a killed worker is noticed. A worker that lives and is only cut off from Temporal for so long is safe too: the
 * ledger lets no second attempt post before the first has surely ended and the channel has been read.
 */
export const HEARTBEAT_TIMEOUT = '20 seconds';

const POST_OPTIONS: ActivityOptions = {
  // Longer than the Slack calls of one attempt, so that an attempt that Temporal gives up on has surely ended.
  startToCloseTimeout: '90 seconds',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  // How long a report is worth posting.
  scheduleToCloseTimeout: '6 hours',
  // A post in hand is finished, so that a cancelled delivery is one that was surely not posted.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  // Where an attempt does not say itself when the next one is due, its worker was killed or the store was away. Temporal counts
  // the tries that only found no slot, too: with longer intervals a delivery that had often waited would wait for minutes more.
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
};

/** What is done on the task queue of the workers that do nothing but upload and post. */
export function postingActivities(options: ActivityOptions = POST_OPTIONS) {
  const { taskQueue } = workflowInfo();
  return proxyActivities<Activities>({ ...options, taskQueue: postingQueue(taskQueue) });
}

/** Why an activity did not do what it was asked, for the ledger. */
export function reasonOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (isCancellation(error)) return { code: 'cancelled', message: 'Cancelled before it was posted' };
  if (cause instanceof ApplicationFailure) return { code: cause.type ?? 'failed', message: cause.message };
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause instanceof ApplicationFailure ? ` (${cause.cause.message})` : '';
    return { code: 'gave_up', message: `Given up after trying for too long${last}` };
  }
  return { code: 'failed', message: cause instanceof Error ? cause.message : String(cause) };
}
