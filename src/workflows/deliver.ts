import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Closed } from '../activities/close-delivery.ts';
import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, postingActivities, reasonOf } from './posting.ts';
import { KEYS } from './search-attributes.ts';
import { summary } from './summary.ts';
import { postThread, type ThreadEnd, uploadFiles } from './with-message.ts';

export interface DeliverInput {
  /** The delivery in the ledger; everything else about it stays there. */
  deliveryId: string;
  /** The slot planned for its post, ISO 8601. */
  notBefore: string;
  /** For the summaries in the Web UI. */
  about?: { report: string; channel: string };
}

/** `skipped`: the report had nothing to say; the ledger has its reason. */
export type DeliverResult = DeliveredResult | { skipped: true };

interface DeliveredResult {
  /** Slack's `ts` of the message. */
  messageTs: string;
  /** How the posts of its thread ended; absent where it has none. */
  thread?: ThreadEnd;
}

const { loadReportAtOnce } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 seconds',
  summary: 'Load the report, if that is quick',
});

const { loadReport } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1 second', backoffCoefficient: 3, maximumInterval: '1 minute', maximumAttempts: 6 },
});

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
 * Delivers one notification for one occurrence: load the report, post it, once, and then its thread. Fails, after the
 * ledger has it, when the report did not reach its channel, so that the Web UI shows a failure as a failure; a report
 * with nothing to say is none.
 */
export async function deliver({ deliveryId, notBefore, about }: DeliverInput): Promise<DeliverResult> {
  setHandler(nudgeSignal, () => {});
  try {
    const loaded =
      (await loadReportAtOnce({ deliveryId })) ??
      (await loadReport.executeWithOptions({ summary: summary(`Load the report ${about?.report ?? ''}`) }, [
        { deliveryId },
      ]));
    if (loaded === 'skipped') {
      markState('skipped');
      return { skipped: true };
    }
    const { files, parts } = loaded;
    if (files > 0) await uploadFiles(deliveryId);
    await sleepUntil(notBefore);
    const { postToSlack } = postingActivities();
    const what = { summary: summary(`Post to ${about?.channel ?? 'its channel'}`) };
    const posted = await postToSlack.executeWithOptions(what, [{ deliveryId }]);
    return parts === 0 ? posted : { ...posted, thread: await postThread(deliveryId, parts) };
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
