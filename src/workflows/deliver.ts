import {
  ActivityCancellationType,
  ApplicationFailure,
  CancelledFailure,
  defineSignal,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { DeliverInput, DeliverResult, LoadResult, Posted, ThreadResult } from '../contract/delivery.ts';
import { threadPostId } from '../domain/delivery.ts';
import { outcomeAfter, reasonOf, wasCancelled } from './outcome.ts';
import { KEYS } from '../contract/search-attributes.ts';
import { summary } from './summary.ts';

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

const { uploadFiles } = proxyActivities<Activities>({
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  // A report is not kept waiting for its pictures any longer.
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 6 },
});

const { postMessage } = proxyActivities<Activities>({
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
});

/**
 * Does nothing but give the workflow a task. When its parent is reset or terminated, or the server ends, between the start
 * of the workflow and its first task, it is left without one, and would hold its id for ever.
 * https://github.com/temporalio/temporal/issues/4812
 */
export const nudgeSignal = defineSignal('nudge');

/**
 * Delivers one notification for one occurrence: loads the report, posts it once, and then its thread. Fails, after the ledger
 * has it, when the report did not reach its channel, so that the Web UI shows a failure as a failure; a report with nothing
 * to say is none.
 */
export async function deliver(input: DeliverInput): Promise<DeliverResult> {
  setHandler(nudgeSignal, () => {});
  try {
    const loaded = await load(input);
    if (loaded.kind === 'skipped') return skipped();
    if (loaded.files > 0) await upload(input);
    await sleepUntil(input.notBefore);
    const posted = await post(input);
    const thread = await postThread(input, loaded.threadPosts);
    return { kind: 'delivered', ...posted, ...thread };
  } catch (error) {
    throw await failed(input, error);
  }
}

async function load({ deliveryId, about }: DeliverInput): Promise<LoadResult> {
  const what = { summary: summary(`Load the report ${about?.report ?? ''}`) };
  return (await loadReportAtOnce({ deliveryId })) ?? loadReport.executeWithOptions(what, [{ deliveryId }]);
}

/** A report without its picture is better than none, so this does not fail. */
async function upload({ deliveryId }: DeliverInput): Promise<void> {
  try {
    await uploadFiles({ deliveryId });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('The report goes out without all of its files', reasonOf(error));
  }
}

/** Waits for the planned time: a timer of the server's, which takes up no worker. */
async function sleepUntil(time: string): Promise<void> {
  const ms = new Date(time).getTime() - Date.now();
  if (ms > 0) await sleep(ms, { summary: `Wait for the slot of ${time}` });
}

async function post({ deliveryId, about }: DeliverInput): Promise<Posted> {
  const what = { summary: summary(`Post to ${about?.channel ?? 'its channel'}`) };
  return postMessage.executeWithOptions(what, [{ deliveryId }]);
}

/** Posts the thread under a message that is delivered, and delivered it stays, whatever becomes of the thread. */
async function postThread({ deliveryId }: DeliverInput, posts: number): Promise<{ thread?: ThreadResult }> {
  let delivered = 0;
  for (let nr = 1; nr <= posts; nr += 1) {
    const postId = threadPostId(deliveryId, nr);
    const what = { summary: `Post ${nr} of ${posts} in the thread` };
    try {
      await postMessage.executeWithOptions(what, [{ deliveryId: postId }]);
      delivered += 1;
    } catch (error) {
      const cancelled = wasCancelled(error);
      // The rest of the thread is cancelled with it.
      await outcomeAfter(error, cancelled ? deliveryId : postId);
      if (cancelled) break;
    }
  }
  return posts === 0 ? {} : { thread: { delivered, missing: posts - delivered } };
}

function skipped(): DeliverResult {
  markState('skipped');
  return { kind: 'skipped' };
}

/** What the workflow fails with, once the ledger has the outcome. */
async function failed({ deliveryId }: DeliverInput, error: unknown): Promise<unknown> {
  const outcome = await outcomeAfter(error, deliveryId);
  markState(outcome.state);
  if (wasCancelled(error)) return isCancellation(error) ? error : new CancelledFailure(outcome.message);
  return ApplicationFailure.nonRetryable(outcome.message, outcome.code, outcome);
}

/** So that it is found in the Web UI by how it ended; one that arrived needs no event more, its status says it. */
function markState(state: string): void {
  // Set at the start only where the server knows our search attributes; elsewhere the task would fail for ever.
  if (workflowInfo().typedSearchAttributes.get(KEYS.account) === undefined) return;
  upsertSearchAttributes([{ key: KEYS.state, value: state }]);
}
