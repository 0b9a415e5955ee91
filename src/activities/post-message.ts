import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context, log } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { assertNever } from '../lib/assert-never.ts';
import { messageOf } from '../lib/errors.ts';
import type { PostRequest, PostResult } from '../contract/delivery.ts';
import { isTest } from '../domain/occurrence.ts';
import { stillDue } from '../domain/still-due.ts';
import { postWithFallbacks } from '../slack/fallbacks.ts';
import type { ChannelHistory } from '../slack/history.ts';
import { unsendable } from '../store/claims/claim-rows.ts';
import type { DeliveryFile } from '../store/ledger/files.ts';
import type { Work } from '../store/ledger/work.ts';
import { logRunOf } from '../observability/delivery-log.ts';
import type { Dependencies } from './dependencies.ts';
import { type Loaded, reportLoader } from './load-report.ts';
import { PLACES } from './look-up.ts';
import { answers, backOffMs, canPark, postedAs } from './record-answer.ts';
import { workspaceReleases } from './release-workspaces.ts';
import { lostAnswers } from './settle-lost-answer.ts';
import { clientFor, final, retryIn, whileWanted, withHeartbeat } from './support.ts';
import { slots } from './take-slot.ts';
import { withFiles } from './with-files.ts';

/** How long `postMessageAtOnce` waits for a report to be loaded, in milliseconds. */
const LOAD_AT_ONCE_MS = 1_000;

/**
 * How much of the settle time may pass between the claim of a post and the begin of its last call: 20 s of the usual 45 s. The
 * call's own time-out of 15 s, and the time until Slack shows the message, follow before the channel is read.
 */
const CLAIM_FRESH_SHARE = 20 / 45;
/** The least of that, for the short settle times of tests, in milliseconds. */
const CLAIM_FRESH_MIN_MS = 1_000;

type Rendered = Extract<Loaded, { kind: 'loaded' }>;

interface AttemptOptions {
  afterUpload: boolean;
  /** In a local activity, which does only what it can at once. */
  atOnce: boolean;
  /** What the attempt is at, for people. */
  step: { now: string };
}

export function postMessageActivities(dependencies: Dependencies, history: ChannelHistory) {
  const { store, slack, settleMs } = dependencies;
  const { ledger, pacing } = store;
  const loader = reportLoader(dependencies);
  const releases = workspaceReleases(dependencies);
  const { untilSlot } = slots(dependencies);
  const { recordAnswer, recordRefused, leaveParked } = answers(dependencies);
  const { settleEarlierAttempt } = lostAnswers(dependencies, history);
  /** Reports that `postMessageAtOnce` has begun to load, and `postMessage` goes on with. */
  const unfinished = new Map<string, Promise<Loaded>>();

  return {
    /**
     * Posts a message once, a report or a post in its thread: loads and renders the report, waits for a slot, claims the post,
     * calls Slack, and records what came of it. Temporal retries this activity, and the ledger says what a retry may do: a
     * message that is stored is not loaded again, `pending` posts, and `posting` means that an earlier attempt may have reached
     * Slack, so it is looked up first. Fails for good only after the ledger has the outcome, which the failure carries.
     */
    async postMessage({ deliveryId, afterUpload = false }: PostRequest): Promise<PostResult> {
      const step = { now: 'Begins' };
      return withHeartbeat(() => attemptPost(deliveryId, { afterUpload, atOnce: false, step }), step);
    },

    /**
     * The fast path, a local activity: the same, tried once. Null where `postMessage` has to go on: the report takes longer,
     * the answer was lost, or the attempt failed. What it did is in the ledger.
     */
    async postMessageAtOnce({ deliveryId, afterUpload = false }: PostRequest): Promise<PostResult | null> {
      try {
        return await attemptPost(deliveryId, { afterUpload, atOnce: true, step: { now: 'Begins' } });
      } catch (error) {
        log.debug('Not posted at once', { deliveryId, error: messageOf(error) });
        return null;
      }
    },
  };

  async function attemptPost(deliveryId: string, how: AttemptOptions): Promise<PostResult> {
    const work = await store.work.find(deliveryId);
    if (work === undefined) {
      throw ApplicationFailure.nonRetryable(`Delivery ${deliveryId} is not in the ledger`, 'unknown_delivery');
    }
    const { delivery } = work;
    logRunOf(delivery);
    const result = await attemptFrom(work, how);
    // A notification that was made for one time has had it, also where its report had nothing to say.
    const hasEnded = result.kind === 'posted' || result.kind === 'skipped';
    if (hasEnded && work.isOneOff) await store.notifications.removeOneOff(delivery.notificationId);
    return result;
  }

  async function attemptFrom(work: Work, how: AttemptOptions): Promise<PostResult> {
    const { delivery } = work;
    const { state } = delivery;
    switch (state) {
      case 'delivered':
        return postedAs(delivery, delivery.messageTs ?? '');
      case 'skipped':
        return { kind: 'skipped' };
      case 'posting':
        if (how.atOnce) throw new Error('An earlier attempt has to be looked up');
        return settleEarlierAttempt(work);
      case 'pending':
        return postPending(work, how);
      case 'cancelled':
      case 'failed':
      case 'missed':
      case 'parked':
      case 'unconfirmed':
        throw final(delivery, state, delivery.error ?? { code: state, message: state });
      default:
        return assertNever(state);
    }
  }

  async function postPending(found: Work, { afterUpload, atOnce, step }: AttemptOptions): Promise<PostResult> {
    const { backupGap } = found;
    // A parked report is looked up when it is resumed; a thread post is never resumed.
    const isUnknown =
      backupGap !== undefined &&
      found.delivery.absentAt === undefined &&
      !(canPark(found.delivery) && found.parked !== undefined);
    // What may have been posted since the backup is not judged before it is looked up.
    const work = isUnknown ? found : await judged(found, { afterUpload });
    if (work === 'skipped') return { kind: 'skipped' };
    const { delivery, parked } = work;
    step.now = `Loads the report ${delivery.report}`;
    const isRetry = work === found && Context.current().info.attempt > 1;
    const loaded = atOnce ? await loadAtOnce(work) : await load(work, { isRetry });
    if (loaded.kind === 'skipped') return loaded;
    if (isUnknown) {
      await ledger.markPossiblyPosted(delivery.id, backupGap.from);
      const { place } = PLACES[delivery.kind];
      throw retryIn(0, 'settling', `The store was restored; the ${place} is read before it is posted`);
    }
    const isReleased = parked?.kind === 'workspace' && (await releases.release(parked.id));
    if (parked !== undefined && !isReleased) throw await leaveParked(delivery, parked);
    // Files of a message that was made only now are not uploaded yet.
    if (loaded.files > 0 && !(afterUpload && loaded.wasKept)) return { kind: 'has_files' };
    if (delivery.kind === 'thread_post' && work.threadTs === undefined) {
      throw ApplicationFailure.nonRetryable('The message above it is not posted', 'no_thread');
    }
    const client = await clientFor(slack, work, async (failure) => {
      await store.workspaces.noteRefused(delivery.workspaceId, undefined);
      return recordRefused(delivery, failure);
    });
    step.now = `Waits for a slot of ${delivery.channelName ?? delivery.channel}`;
    const later = await untilSlot(delivery);
    if (later !== undefined) return later;
    step.now = `Posts to ${delivery.channelName ?? delivery.channel}`;
    return claimAndPost(work, loaded, client);
  }

  async function claimAndPost(work: Work, loaded: Rendered, client: WebClient): Promise<PostResult> {
    const { delivery, threadTs } = work;
    const claimedAt = Date.now();
    const attempt = await ledger.beginPosting(delivery.id, { withSlot: pacing.limited, seen: seenOf(work, loaded) });
    if (attempt === undefined) {
      throw retryIn(backOffMs(1), 'not_begun', 'Another attempt is under way, or it has changed meanwhile');
    }
    const { missing, ...message } = withFiles(loaded.message, await filesOf(work, loaded));
    const { id: deliveryId, channel } = delivery;
    const beginBefore = claimedAt + Math.max(CLAIM_FRESH_MIN_MS, settleMs * CLAIM_FRESH_SHARE);
    const answer = await postWithFallbacks(client, { channel, threadTs, deliveryId, beginBefore, ...message });
    const { renderedAt, threadPosts } = loaded;
    const result = await recordAnswer(delivery, answer, { client, attempt, renderedAt, missing });
    return result.kind === 'posted' ? { ...result, threadPosts } : result;
  }

  /**
   * The delivery as it is to be posted now: what has changed or is out of date is made again. "skipped" where it is no longer
   * wanted; fails, after the ledger has it, where it is too late.
   */
  async function judged(work: Work, how: { afterUpload: boolean }): Promise<Work | 'skipped'> {
    const { delivery, notification } = work;
    const { id } = delivery;
    // It fails for a reason of its own.
    if (unsendable(delivery.error) !== undefined) return work;
    const verdict = stillDue(delivery, notification, new Date(), how);
    switch (verdict.kind) {
      case 'post':
        return work;
      case 'skipped':
        if (await ledger.markSkipped(id, verdict.why.message, verdict.why.code)) return 'skipped';
        break;
      case 'missed':
        if (!(await ledger.markMissed(id, verdict.why))) break;
        // As where a claim finds it too late: the ledger has all that a resend needs.
        if (work.isOneOff) await store.notifications.removeOneOff(delivery.notificationId);
        throw final(delivery, 'missed', verdict.why);
      case 'outdated': {
        const { subject, why } = verdict;
        if (!(await ledger.renew(id, { subject, renderedAt: delivery.renderedAt, why }))) break;
        unfinished.delete(id);
        const renewed = await store.work.find(id);
        if (renewed?.delivery.state === 'pending') return renewed;
        break;
      }
      default:
        return assertNever(verdict);
    }
    throw retryIn(0, 'moved_on', 'The delivery was changed meanwhile');
  }

  /** A post in a thread has the files of its report. */
  async function filesOf({ delivery }: Work, loaded: Rendered): Promise<DeliveryFile[]> {
    if (delivery.kind === 'report') return loaded.files > 0 ? store.files.list(delivery.id) : [];
    return delivery.files > 0 ? store.files.list(delivery.reportId) : [];
  }

  async function load(work: Work, { isRetry }: { isRetry: boolean }): Promise<Loaded> {
    return whileWanted(unfinished.get(work.delivery.id) ?? loader.load(work, { isRetry }));
  }

  async function loadAtOnce(work: Work): Promise<Loaded> {
    const { id } = work.delivery;
    const loading = loader.load(work, { isRetry: false });
    const ended = new AbortController();
    const inTime = await Promise.race([loading, sleep(LOAD_AT_ONCE_MS, undefined, { signal: ended.signal })]);
    ended.abort();
    if (inTime !== undefined) return inTime;
    unfinished.set(id, loading);
    const forget = () => unfinished.delete(id);
    loading.then(forget, forget);
    throw new Error('The report takes longer to load');
  }
}

/** What has to be as it is when the post begins. */
function seenOf({ delivery, notification }: Work, { renderedAt }: { renderedAt: string | undefined }) {
  // A thread goes with its report, and a test does not depend on its notification.
  const isJudged = delivery.kind === 'report' && !isTest(delivery.occurrence);
  return { renderedAt, notification: isJudged ? notification?.version : undefined };
}
