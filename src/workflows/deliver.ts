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
import type { DeliverInput, DeliverResult, PostRequest, PostResult, ThreadResult } from '../contract/delivery.ts';
import { threadPostId } from '../domain/delivery.ts';
import { outcomeAfter, reasonOf, wasCancelled } from './outcome.ts';
import { KEYS } from '../contract/search-attributes.ts';
import { summary } from './summary.ts';

/**
 * How soon a killed worker is noticed. A worker that lives and is only cut off from Temporal for so long is safe too: the
 * ledger lets no second attempt post before the first has surely ended and the channel has been read.
 */
const HEARTBEAT_TIMEOUT = '20 seconds';

const { slackReportsPostMessage: postMessage } = proxyActivities<Activities>({
  // Longer than one attempt can take: to load the report, wait for a slot, and call Slack. So an attempt that Temporal gives up
  // on has surely ended.
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  // How long a report is worth posting.
  scheduleToCloseTimeout: '6 hours',
  // A post in hand is finished, so that a cancelled delivery is one that was surely not posted.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  // An attempt that fails says itself when the next one is due. These intervals are for a worker that was killed, or a store
  // that is away.
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

const { slackReportsPostMessageAtOnce: postMessageAtOnce } = proxyLocalActivities<Activities>({
  // Longer than its own limits.
  startToCloseTimeout: '1 minute',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  // What it does not do is left to `postMessage`.
  retry: { maximumAttempts: 1 },
  summary: 'Post at once, if that is possible',
});

const { slackReportsUploadFiles: uploadFiles } = proxyActivities<Activities>({
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  // A report is not kept waiting for its pictures any longer.
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 6 },
});

/**
 * Does nothing but give the workflow a task. When its parent is reset or terminated, or the server ends, between the start
 * of the workflow and its first task, it is left without one, and would hold its id forever.
 * https://github.com/temporalio/temporal/issues/4812
 */
export const nudgeSignal = defineSignal('nudge');

/**
 * One notification for one occurrence, `slackReportsDeliver`: posts its report once, and then its thread. Fails, after the ledger
 * has it, when the report did not reach its channel, so that the Web UI shows a failure as a failure; a report with nothing to
 * say is none.
 * @example export * from 'slack-reports/workflows';
 */
export async function deliver(input: DeliverInput): Promise<DeliverResult> {
  setHandler(nudgeSignal, () => {});
  try {
    const result = await postReport(input);
    if (result.kind === 'skipped') markState('skipped');
    if (result.kind !== 'posted') return result;
    const thread = await postThread(input, result.threadPosts);
    return { kind: 'delivered', messageTs: result.messageTs, ...thread };
  } catch (error) {
    throw await failed(input, error);
  }
}

/** Uploads of one report: again where its notification was changed meanwhile, so that it was made again. */
const UPLOADS_MAX = 5;

/** One activity does it, unless the report has files: they are uploaded before the message that shows them is posted. */
async function postReport(input: DeliverInput): Promise<Exclude<PostResult, { kind: 'has_files' }>> {
  let result = await post(input, {});
  for (let uploads = 0; result.kind === 'has_files'; uploads += 1) {
    if (uploads === UPLOADS_MAX) throw ApplicationFailure.nonRetryable('Its files changed at each upload', 'has_files');
    await upload(input);
    result = await post(input, { afterUpload: true });
  }
  return result;
}

async function post({ deliveryId, about, fastPath }: DeliverInput, how: Partial<PostRequest>): Promise<PostResult> {
  const request = { deliveryId, ...how };
  const atOnce = fastPath === true ? await postMessageAtOnce(request) : null;
  if (atOnce !== null) return atOnce;
  const what = { summary: summary(`Post ${about.report} to ${about.channel}`) };
  return postMessage.executeWithOptions(what, [request]);
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

/** Posts the thread under a message that is delivered, and delivered it stays, whatever becomes of the thread. */
async function postThread({ deliveryId }: DeliverInput, posts: number): Promise<{ thread?: ThreadResult }> {
  let delivered = 0;
  for (let nr = 1; nr <= posts; nr += 1) {
    const postId = threadPostId(deliveryId, nr);
    try {
      await postInThread(postId, `Post ${nr} of ${posts} in the thread`);
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

async function postInThread(deliveryId: string, what: string): Promise<void> {
  for (;;) {
    const result = await postMessage.executeWithOptions({ summary: what }, [{ deliveryId }]);
    if (result.kind !== 'waits') return;
    const ms = Date.parse(result.until) - Date.now();
    await sleep(Math.max(1, ms), { summary: `Wait for a slot of the ${result.line}` });
  }
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
  // Set at the start only where the server knows our search attributes; elsewhere the task would fail forever.
  if (workflowInfo().typedSearchAttributes.get(KEYS.account) === undefined) return;
  upsertSearchAttributes([{ key: KEYS.state, value: state }]);
}
