import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context, log } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { assertNever } from '../lib/assert-never.ts';
import { messageOf } from '../lib/errors.ts';
import type { PostRequest, PostResult, Waits } from '../contract/delivery.ts';
import { type Delivery, type DeliveryError, type LogEntry, RESEND, type StoredMessage } from '../domain/delivery.ts';
import { isTest } from '../domain/occurrence.ts';
import { LATE_AFTER_MS, LATE_REASONS, stillDue } from '../domain/still-due.ts';
import type { ParkedOwner } from '../domain/selection.ts';
import {
  type Ambiguous,
  DEFAULT_RETRY_AFTER_MS,
  type NotPosted,
  type Refused,
  type SlackFailure,
  THREAD_ERRORS,
  VAULT_RETRY_MS,
} from '../slack/errors.ts';
import { postWithFallbacks } from '../slack/fallbacks.ts';
import type { ChannelHistory } from '../slack/history.ts';
import { refusesToken } from '../slack/post.ts';
import { TokenError } from '../slack/tokens.ts';
import { droppedThread } from '../store/ledger/ledger.ts';
import { unsendable } from '../store/claims/claim-rows.ts';
import type { Work } from '../store/ledger/work.ts';
import type { Place } from '../store/pacing.ts';
import type { Parked } from '../store/parking.ts';
import { logRunOf } from '../observability/delivery-log.ts';
import type { Dependencies } from './dependencies.ts';
import { type Loaded, reportLoader } from './load-report.ts';
import { lookOf } from './look-up.ts';
import { final, retryIn, whileWanted, withHeartbeat } from './support.ts';
import { withFiles } from './with-files.ts';
import { workspaceReleases } from './release-workspaces.ts';

/** Between two tries of a post that Slack surely did not take, in milliseconds. */
const BACK_OFF_MS = { first: 2_000, max: 5 * 60_000 };

/**
 * A slot that comes within this time is waited for here, in milliseconds; else the delivery is started again then. One that
 * comes back at its place waits longer, so that it need not come a third time where the line moves slower than expected.
 */
const WAIT_HERE_MS = { first: 8_000, afterPlace: 30_000, max: 60_000 };

/**
 * How long a report is worth posting after its time, in milliseconds, as for the attempts of one `postMessage`: a delivery that
 * comes back for a slot begins with new ones each time.
 */
const WORTH_POSTING_MS = 6 * 3_600_000;

/** How long `postMessageAtOnce` waits for a report to be loaded, in milliseconds. */
const LOAD_AT_ONCE_MS = 1_000;

/** A channel that can't be read is tried again after a tenth of the time since the attempt began, within these, in milliseconds. */
const LOOK_AGAIN_MS = { min: 30_000, max: 5 * 60_000 };

/** The try that is the last one in `WORTH_POSTING_MS` needs so much of it, in milliseconds. */
const LAST_TRY_MS = 2 * 60_000;

/** While Slack only limits how often a channel is read, it is read for this long after the attempt began, in milliseconds. */
const LIMITED_FOR_MS = 24 * 3_600_000;

/** This many equal answers with an unknown code, and no message in the channel, are a refusal. */
const EQUAL_ANSWERS = 3;

/**
 * How much of the settle time may pass between the claim of a post and the begin of its last call: 20 s of the usual 45 s. The
 * call's own time-out of 15 s, and the time until Slack shows the message, follow before the channel is read.
 */
const CLAIM_FRESH_SHARE = 20 / 45;
/** The least of that, for the short settle times of tests, in milliseconds. */
const CLAIM_FRESH_MIN_MS = 1_000;

/** An attempt that has claimed its post, and when, in milliseconds since 1970. */
interface Claim {
  attempt: number;
  claimedAt: number;
}

interface AttemptOptions {
  afterUpload: boolean;
  /** In a local activity, which does only what it can at once. */
  atOnce: boolean;
  /** What the attempt is at, for people. */
  step: { now: string };
}

/** What a report and a post in a thread differ in: where each is looked for, and whether it can wait for a person. */
const KINDS = {
  report: { place: 'channel', absent: 'not_in_history', canPark: true },
  // `resume` sends reports, and its report is delivered already.
  thread_post: { place: 'thread', absent: 'not_in_thread', canPark: false },
} as const;

export function postMessageActivities(dependencies: Dependencies, history: ChannelHistory) {
  const { store, slack, settleMs } = dependencies;
  const { ledger, pacing, parking } = store;
  const loader = reportLoader(dependencies);
  const releases = workspaceReleases(dependencies);
  const withSlot = pacing.limited;
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
    const { place, canPark } = KINDS[found.delivery.kind];
    const { backupGap } = found;
    // A parked report is looked up when it is resumed; a thread post is never resumed.
    const isUnknown =
      backupGap !== undefined && found.delivery.absentAt === undefined && !(canPark && found.parked !== undefined);
    // What may have been posted since the backup is not judged before it is looked up.
    const work = isUnknown ? found : await judged(found, { afterUpload });
    if (work === 'skipped') return { kind: 'skipped' };
    const { delivery, parked, threadTs } = work;
    step.now = `Loads the report ${delivery.report}`;
    const isRetry = work === found && Context.current().info.attempt > 1;
    const loaded = atOnce ? await loadAtOnce(work) : await load(work, { isRetry });
    if (loaded.kind === 'skipped') return loaded;
    if (isUnknown) {
      await ledger.markPossiblyPosted(delivery.id, backupGap.from);
      throw retryIn(0, 'settling', `The store was restored; the ${place} is read before it is posted`);
    }
    const isReleased = parked?.kind === 'workspace' && (await releases.release(parked.id));
    if (parked !== undefined && !isReleased) throw await leaveParked(delivery, parked);
    // Files of a message that was made only now are not uploaded yet.
    if (loaded.files > 0 && !(afterUpload && loaded.wasKept)) return { kind: 'has_files' };
    if (delivery.kind === 'thread_post' && threadTs === undefined) {
      throw ApplicationFailure.nonRetryable('The message above it is not posted', 'no_thread');
    }
    const client = await clientOf(work);
    step.now = `Waits for a slot of ${delivery.channelName ?? delivery.channel}`;
    const later = await untilSlot(delivery);
    if (later !== undefined) return later;
    step.now = `Posts to ${delivery.channelName ?? delivery.channel}`;
    const claimedAt = Date.now();
    const attemptNr = await ledger.beginPosting(delivery.id, { withSlot, seen: seenOf(work, loaded) });
    if (attemptNr === undefined) {
      throw retryIn(BACK_OFF_MS.first, 'not_begun', 'Another attempt is under way, or it has changed meanwhile');
    }
    const files = delivery.kind === 'report' ? loaded.files : delivery.files;
    const message = { message: loaded.message, files, renderedAt: loaded.renderedAt };
    const result = await call(work, message, { attempt: attemptNr, claimedAt }, client);
    return result.kind === 'posted' ? { ...result, threadPosts: loaded.threadPosts } : result;
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

  /** Undefined once it has its slot; else when it is to be started again. */
  async function untilSlot(delivery: Delivery): Promise<Waits | undefined> {
    const { id, placeAt } = delivery;
    const planned = Date.parse(delivery.notBefore);
    const began = Date.now();
    const patience =
      placeAt === undefined
        ? began + WAIT_HERE_MS.first
        : Math.min(began + WAIT_HERE_MS.max, Math.max(began, Date.parse(placeAt)) + WAIT_HERE_MS.afterPlace);
    for (;;) {
      const now = Date.now();
      if (now >= planned && (await pacing.pass(id, now))) return undefined;
      const { at, line }: Place =
        now < planned ? { at: planned, line: 'channel' } : await pacing.takePlace(delivery, now);
      if (at > patience) return comeBack(delivery, { at, line });
      await whileWanted(sleep(at - now));
    }
  }

  /** The delivery is started again at its place, unless that comes too late. */
  async function comeBack(delivery: Delivery, { at, line }: Place): Promise<Waits> {
    if (at - Date.parse(delivery.notBefore) <= WORTH_POSTING_MS) {
      return { kind: 'waits', until: new Date(at).toISOString(), line };
    }
    const message = `Slack's limits left no slot for ${WORTH_POSTING_MS / 3_600_000} hours`;
    await ledger.markFailed(delivery.id, { code: 'gave_up', message });
    throw final(delivery, 'failed', { code: 'gave_up', message });
  }

  /** Calls Slack; the attempt is claimed. */
  async function call(
    { delivery, threadTs }: Work,
    { message, files, renderedAt }: { message: StoredMessage; files: number; renderedAt: string | undefined },
    { attempt: nr, claimedAt }: Claim,
    client: WebClient,
  ): Promise<PostResult> {
    const { id, channel } = delivery;
    const { missing, ...sendable } = withFiles(message, files > 0 ? await store.files.list(reportOf(delivery)) : []);
    const beginBefore = claimedAt + Math.max(CLAIM_FRESH_MIN_MS, settleMs * CLAIM_FRESH_SHARE);
    const answer = await postWithFallbacks(client, { channel, threadTs, deliveryId: id, beginBefore, ...sendable });
    const result = answer.kind === 'refused' ? await confirmed(client, answer) : answer;
    switch (result.kind) {
      case 'posted':
        return recordDelivered(delivery, nr, result.ts, result.degraded ?? missing);
      case 'ambiguous': {
        const { code, message: why, unknownCode = false } = result;
        await ledger.recordDoubt(id, nr, {
          code,
          message: why,
          doubt: unknownCode ? 'unknown_code' : 'answer_lost',
        });
        const next = `the ${KINDS[delivery.kind].place} is read next`;
        throw retryIn(settleMs, result.code, `${result.message}; ${next}`);
      }
      case 'refused':
        if (result.scope === 'workspace') {
          const { workspaceId } = delivery;
          await store.workspaces.noteRefused(workspaceId, slack.tokenHash({ id: workspaceId }, client));
        }
        return recordRefused(delivery, result, nr);
      case 'not_posted':
        return recordNotPosted(delivery, result, { attempt: nr, renderedAt });
      default:
        return assertNever(result);
    }
  }

  async function recordDelivered(
    delivery: Delivery,
    attemptNr: number,
    messageTs: string,
    degraded?: DeliveryError,
  ): Promise<PostResult> {
    const recorded = await ledger.markDelivered(delivery.id, attemptNr, messageTs, degraded);
    // The files of a thread have served with its last post, which the ledger sees.
    const isLast = delivery.kind === 'report' && delivery.threadPosts === 0;
    if (delivery.files > 0 && isLast) await store.files.drop(delivery.id);
    // Only a process that slept through its own time-out comes here: a later attempt has taken over meanwhile.
    if (!recorded) {
      log.error('Slack took a message whose delivery had moved on', { deliveryId: delivery.id, messageTs });
    }
    return postedAs(delivery, messageTs);
  }

  /** What Slack refuses for its channel or workspace would be refused to the next message, too. */
  async function recordRefused(delivery: Delivery, failure: Refused, attempt?: number): Promise<never> {
    const owner = parkedBy(delivery, failure);
    // The channel or workspace has to be fixed first: a report waits for that, a thread post does not.
    if (owner !== undefined && KINDS[delivery.kind].canPark) {
      throw final(delivery, (await ledger.park(delivery.id, owner, failure, attempt)) ?? 'parked', failure);
    }
    if (owner !== undefined) await parking.park(owner, failure);
    await ledger.markFailed(delivery.id, failure, attempt);
    throw final(delivery, 'failed', failure);
  }

  /** What a delivery fails with whose channel or workspace is parked already. */
  async function leaveParked(delivery: Delivery, parked: Parked): Promise<ApplicationFailure> {
    const since = { code: parked.code, message: `Its ${parked.kind} is parked since ${parked.since}` };
    if (!KINDS[delivery.kind].canPark) {
      await ledger.markFailed(delivery.id, { code: parked.code, message: parked.message });
      return final(delivery, 'failed', since);
    }
    if (await ledger.parkWithOwner(delivery.id, parked)) return final(delivery, 'parked', since);
    return retryIn(0, 'resumed', `Its ${parked.kind} was resumed meanwhile`);
  }

  async function recordNotPosted(
    delivery: Delivery,
    failure: NotPosted,
    { attempt: attemptNr, renderedAt }: { attempt: number; renderedAt: string | undefined },
  ): Promise<Waits> {
    const { code, retryAfterMs } = failure;
    if (code === 'ratelimited') await pacing.hold(delivery.workspaceId, retryAfterMs ?? 0, Date.now());
    await ledger.releasePosting(delivery.id, attemptNr, failure, renderedAt);
    if (code === 'ratelimited' && pacing.limited)
      return comeBack(delivery, await pacing.takePlace(delivery, Date.now()));
    const message = `Not posted: ${failure.message}`;
    throw retryAfterMs === undefined
      ? ApplicationFailure.create({ message, type: code, nextRetryDelay: backOffMs(attemptNr) })
      : retryIn(retryAfterMs, code, message);
  }

  /**
   * What a lost answer means: an earlier attempt began and its end is unknown. Found at Slack it is delivered; absent twice it
   * may be posted again; where Slack cannot be read a person has to look.
   */
  async function settleEarlierAttempt(work: Work): Promise<PostResult> {
    const { delivery } = work;
    const { id, attempts } = delivery;
    const { place, absent } = KINDS[delivery.kind];
    const wanted = lookOf(work, settleMs);
    const wait = wanted.readFrom - Date.now();
    if (wait > 0) {
      throw retryIn(wait, 'settling', `An earlier attempt may have reached Slack; the ${place} is read next`);
    }
    const sighting = await history.find(await clientOf(work), wanted);
    switch (sighting.kind) {
      case 'found':
        return recordDelivered(delivery, attempts, sighting.ts, threadLost(delivery));
      case 'unfinished':
        throw retryIn(0, 'reading', `The ${place} is read on`);
      case 'unreadable':
        if (sighting.failure.kind === 'refused') return settleUnseen(delivery, sighting.failure);
        return readAgain(delivery, sighting.failure);
      case 'absent': {
        // History lags behind posts by an unknown time, so absence counts only when it is seen twice.
        if (await ledger.recordNotFound(id, attempts)) {
          throw retryIn(settleMs / 2, 'settling', `Not in the ${place} yet; it is read once more before posting again`);
        }
        const refusal = refusedEachTime(delivery.log);
        if (refusal !== undefined) {
          await ledger.markFailed(id, refusal, attempts);
          throw final(delivery, 'failed', refusal);
        }
        const message = `Read twice: an earlier attempt did not reach the ${place}`;
        await release(delivery, { code: absent, message });
        throw retryIn(0, absent, `${message}; it is posted now`);
      }
      default:
        return assertNever(sighting);
    }
  }

  /** The place is read again later, for as long as a report is worth posting. */
  async function readAgain(delivery: Delivery, failure: NotPosted | Ambiguous): Promise<Waits> {
    const now = Date.now();
    const sinceAttempt = now - Date.parse(delivery.postingAt ?? delivery.claimedAt);
    const limitedMs = failure.kind === 'not_posted' ? failure.retryAfterMs : undefined;
    const delay = limitedMs ?? Math.min(LOOK_AGAIN_MS.max, Math.max(LOOK_AGAIN_MS.min, sinceAttempt / 10));
    const left = Context.current().info.scheduledTimestampMs + WORTH_POSTING_MS - now;
    if (left > delay + LAST_TRY_MS) {
      throw retryIn(delay, failure.code, `Cannot read the ${KINDS[delivery.kind].place}: ${failure.message}`);
    }
    // The six hours stand still while Slack limits us: the delivery is started again, with new ones.
    if (limitedMs !== undefined && sinceAttempt < LIMITED_FOR_MS) {
      return { kind: 'waits', until: new Date(now).toISOString(), line: 'channel' };
    }
    return leaveUnconfirmed(delivery, failure);
  }

  /** Slack refuses to show the channel. A person who sent it again has looked themselves. */
  async function settleUnseen(delivery: Delivery, failure: SlackFailure): Promise<never> {
    if (!isResent(delivery.log)) return leaveUnconfirmed(delivery, failure);
    const message = `The channel cannot be read (${failure.message}), and a person says that it is not there`;
    await release(delivery, { code: RESEND, message });
    throw retryIn(0, RESEND, `${message}; it is posted now`);
  }

  /** It is not there, so it may be posted. One that is sent again long after its time says so. */
  async function release({ id, attempts, dueAt, log: steps }: Delivery, why: DeliveryError): Promise<void> {
    await ledger.releasePosting(id, attempts, why);
    if (isResent(steps) && Date.now() - Date.parse(dueAt) > LATE_AFTER_MS) {
      await ledger.markLate(id, LATE_REASONS.unconfirmedFirst);
    }
  }

  async function leaveUnconfirmed(delivery: Delivery, failure: SlackFailure): Promise<never> {
    const { place } = KINDS[delivery.kind];
    const { code } = failure;
    const doubt = delivery.log.findLast((entry) => entry.doubt !== undefined);
    const why = doubt === undefined ? '' : ` (${doubt.code}: ${doubt.message})`;
    const message = `It may have been posted${why}, and the ${place} cannot be read (${failure.message})`;
    await ledger.markUnconfirmed(delivery.id, { code, message });
    throw final(delivery, 'unconfirmed', { code, message });
  }

  async function clientOf({ delivery, workspace }: Work): Promise<WebClient> {
    try {
      if (workspace === undefined) throw new TokenError('unknown_workspace', `No workspace "${delivery.workspaceId}"`);
      return await slack.of(workspace);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      const { code, message } = error;
      if (code === 'token_unavailable') throw retryIn(VAULT_RETRY_MS, code, message);
      const failure: Refused = { kind: 'refused', scope: 'workspace', code, message };
      if (delivery.state === 'posting') return leaveUnconfirmed(delivery, failure);
      await store.workspaces.noteRefused(delivery.workspaceId, undefined);
      return recordRefused(delivery, failure);
    }
  }
}

/**
 * A refusal of the token or the workspace counts for all of the workspace only if Slack refuses the token elsewhere, too;
 * else it is about this channel.
 */
async function confirmed(client: WebClient, refusal: Refused): Promise<Refused | NotPosted> {
  if (refusal.scope !== 'workspace') return refusal;
  const failure = await refusesToken(client);
  const { code, message } = refusal;
  if (failure === undefined) {
    return { ...refusal, scope: 'channel', message: `${message}; auth.test accepts the token, so it is the channel` };
  }
  if (failure.kind === 'refused') return { ...refusal, message: `${message}; auth.test: ${failure.code}` };
  // The message is surely not posted, and whose fault it is shows later.
  return {
    kind: 'not_posted',
    code,
    message: `${message}; auth.test: ${failure.message}`,
    retryAfterMs: DEFAULT_RETRY_AFTER_MS,
  };
}

/** What has to be fixed before the next message gets through; undefined where the refusal is about this message alone. */
function parkedBy(delivery: Delivery, { scope, code }: Refused): (ParkedOwner & { channel?: string }) | undefined {
  const { kind, occurrence, workspaceId, notificationId, channel } = delivery;
  if (scope === 'workspace') return { kind: 'workspace', id: workspaceId };
  // The channel of a test says nothing about the notification's own, and a thread nothing about the channel.
  const isOfChannel =
    scope === 'channel' && !isTest(occurrence) && !(kind === 'thread_post' && THREAD_ERRORS.has(code));
  return isOfChannel ? { kind: 'notification', id: notificationId, channel } : undefined;
}

/** What has to be as it is when the post begins. */
function seenOf({ delivery, notification }: Work, { renderedAt }: { renderedAt: string | undefined }) {
  // A thread goes with its report, and a test does not depend on its notification.
  const isJudged = delivery.kind === 'report' && !isTest(delivery.occurrence);
  return { renderedAt, notification: isJudged ? notification?.version : undefined };
}

/**
 * The code that Slack answered several times, none of which posted the message: it refuses the message by a code that we
 * don't know. Undefined where the answers differ, or were lost.
 */
function refusedEachTime(steps: readonly LogEntry[]): DeliveryError | undefined {
  const sinceRevived = steps.slice(steps.findLastIndex(({ state }) => state === 'failed' || state === 'parked') + 1);
  const doubts = sinceRevived.filter(({ doubt }) => doubt !== undefined).slice(-EQUAL_ANSWERS);
  const code = doubts[0]?.code;
  const isRefusal = doubts.every((entry) => entry.doubt === 'unknown_code' && entry.code === code);
  if (code === undefined || doubts.length < EQUAL_ANSWERS || !isRefusal) return undefined;
  return { code, message: `Slack answered ${code} ${EQUAL_ANSWERS} times, and posted nothing` };
}

/** A person sent it again after it had ended as unconfirmed. */
function isResent(steps: readonly LogEntry[]): boolean {
  const asked = steps.findLastIndex(({ state, code }) => state === 'posting' && code === RESEND);
  return asked > steps.findLastIndex(({ state }) => state === 'unconfirmed');
}

/** The thread of a report that had ended as unconfirmed is gone; one that was made again since is not. */
function threadLost(delivery: Delivery): DeliveryError | undefined {
  return delivery.kind === 'report' && delivery.threadPosts === 0 ? droppedThread(delivery) : undefined;
}

function reportOf(delivery: Delivery): string {
  return delivery.kind === 'report' ? delivery.id : delivery.reportId;
}

/** By the posts that were begun: Temporal's own count also has the tries that found no slot. */
function backOffMs(attempt: number): number {
  return Math.min(BACK_OFF_MS.max, BACK_OFF_MS.first * 2 ** (attempt - 1));
}

function postedAs(delivery: Delivery, messageTs: string): Extract<PostResult, { kind: 'posted' }> {
  return { kind: 'posted', messageTs, threadPosts: delivery.kind === 'report' ? delivery.threadPosts : 0 };
}
