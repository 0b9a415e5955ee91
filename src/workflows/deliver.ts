import {
  ActivityCancellationType,
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  CancellationScope,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  TimeoutFailure,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Closed } from '../activities/close-delivery.ts';
import type { Activities } from '../activities/index.ts';
import { postingQueue } from './ids.ts';
import { KEYS } from './search-attributes.ts';
import { summary } from './summary.ts';

export interface DeliverInput {
  /** The delivery in the ledger; everything else about it stays there. */
  deliveryId: string;
  /** The slot planned for its post, ISO 8601. */
  notBefore: string;
  /** For the summaries in the Web UI. */
  about?: { report: string; channel: string };
}

export interface DeliverResult {
  /** Slack's `ts` of the message. */
  messageTs: string;
}

/**
 * How soon a killed worker is noticed. A worker that lives and is only cut off from Temporal for so long is safe too: the
 * ledger lets no second attempt post before the first has surely ended and the channel has been read.
 */
const HEARTBEAT_TIMEOUT = '20 seconds';

const { loadReportAtOnce } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 seconds',
  summary: 'Load the report, if that is quick',
});

const { loadReport } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1 second', backoffCoefficient: 3, maximumInterval: '1 minute', maximumAttempts: 6 },
});

const POST_OPTIONS: ActivityOptions = {
  // Longer than the Slack calls of one attempt, so that an attempt that Temporal gives up on has surely ended.
  startToCloseTimeout: '90 seconds',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  // How long a report is worth posting.
  scheduleToCloseTimeout: '6 hours',
  // A post in hand is finished, so that a cancelled delivery is one that was surely not posted.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' },
};

/**
 * Does nothing but give the workflow a task. When its parent is reset or terminated, or the server ends, between the start
 * of the workflow and its first task, it is left without one, and would hold its id for ever.
 * https://github.com/temporalio/temporal/issues/4812
 */
export const nudgeSignal = defineSignal('nudge');

const { closeDelivery } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  summary: 'Write its end into the ledger',
});

/**
 * Delivers one notification for one occurrence: load the report, post it, once. Fails, after the ledger has it, when the
 * report did not reach its channel, so that the Web UI shows a failure as a failure.
 */
export async function deliver({ deliveryId, notBefore, about }: DeliverInput): Promise<DeliverResult> {
  setHandler(nudgeSignal, () => {});
  const { taskQueue } = workflowInfo();
  const { postToSlack } = proxyActivities<Activities>({
    ...POST_OPTIONS,
    taskQueue: postingQueue(taskQueue),
    summary: summary(`Post to ${about?.channel ?? 'its channel'}`),
  });
  try {
    if (!(await loadReportAtOnce({ deliveryId }))) {
      const what = { summary: summary(`Load the report ${about?.report ?? ''}`) };
      await loadReport.executeWithOptions(what, [{ deliveryId }]);
    }
    await sleepUntil(notBefore);
    return await postToSlack({ deliveryId });
  } catch (error) {
    // The ledger has this end already. It must not be written again: somebody may have resumed the delivery meanwhile.
    const ended = endingIn(error);
    if (ended !== undefined) {
      markState(ended.state);
      throw ApplicationFailure.nonRetryable(ended.message, ended.code, ended);
    }
    const cancelled = isCancellation(error);
    const closed = await CancellationScope.nonCancellable(() =>
      closeDelivery({ deliveryId, ...reasonOf(error), cancelled }),
    );
    markState(closed.state);
    if (cancelled) throw error;
    throw ApplicationFailure.nonRetryable(closed.message, closed.code, closed);
  }
}

/** So that it is found in the Web UI by how it ended; one that arrived needs no event more, its status says it. */
function markState(state: string): void {
  // Set at the start only where the server knows our search attributes; elsewhere the task would fail for ever.
  if (workflowInfo().typedSearchAttributes.get(KEYS.account) === undefined) return;
  upsertSearchAttributes([{ key: KEYS.state, value: state }]);
}

/** Waits for the slot: a timer of the server's, which takes up no worker. */
async function sleepUntil(time: string): Promise<void> {
  const ms = new Date(time).getTime() - Date.now();
  if (ms > 0) await sleep(ms, { summary: `Wait for the slot of ${time}` });
}

/** The end that the activity wrote into the ledger before it failed; undefined where it wrote none. */
function endingIn(error: unknown): Closed | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as Closed | undefined) : undefined;
}

function reasonOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (isCancellation(error)) return { code: 'cancelled', message: 'Cancelled before it was posted' };
  if (cause instanceof ApplicationFailure) return { code: cause.type ?? 'failed', message: cause.message };
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause instanceof ApplicationFailure ? ` (${cause.cause.message})` : '';
    return { code: 'gave_up', message: `Given up after trying for too long${last}` };
  }
  return { code: 'failed', message: cause instanceof Error ? cause.message : String(cause) };
}
