import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, log } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { isTest } from '../occurrence.ts';
import { DEFAULT_RETRY_AFTER_MS, type SlackFailure } from '../slack/classify.ts';
import { findPosted } from '../slack/post.ts';
import { postWithRemedies } from '../slack/remedies.ts';
import { TokenError } from '../slack/token-error.ts';
import { type DeliveryError } from '../store/delivery-log.ts';
import { messageOfDelivery } from '../store/kept-message.ts';
import type { Begun, Delivery } from '../store/ledger.ts';
import type { PostWork } from '../store/work.ts';
import { logRunOf } from '../telemetry/activities.ts';
import type { Dependencies } from './dependencies.ts';
import { final, retryIn } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { withFiles } from './with-files.ts';

/** Where a delivery's message is: small enough for the workflow's history. */
export interface Posted {
  messageTs: string;
}

/** Between two tries of a post that Slack surely did not take, in milliseconds. */
const BACK_OFF_MS = { first: 2_000, most: 5 * 60_000 };

/**
 * A slot that is so near is waited for here, in milliseconds: the way through Temporal takes as long, and a busy channel
 * would lose that time at each message. A longer wait ends half of it early, for the same reason.
 */
const SHORT_WAIT_MS = 200;

/** A channel that could not be read for so long is given up, in milliseconds; a person has to look. */
export const RECONCILE_DEADLINE_MS = 30 * 60_000;

/** A vault that cannot be reached is asked again after so long, in milliseconds. */
export const VAULT_RETRY_MS = 10_000;

type ClientWork = Pick<PostWork, 'delivery' | 'workspace'> & Partial<Pick<PostWork, 'parked'>>;

export function postToSlackActivities({ store, slack, settleMs }: Dependencies) {
  const { ledger, pacing, parking } = store;
  const withSlot = pacing.limited;
  return {
    /**
     * Posts the delivery's message, once. Temporal retries this activity, and the ledger says what a retry may do:
     * `pending` posts, `posting` means an earlier attempt may have reached Slack and is looked up first.
     */
    async postToSlack({ deliveryId }: { deliveryId: string }): Promise<Posted> {
      // Most need not be read before they begin.
      const hasSlot = await pacing.pass(deliveryId, Date.now());
      const begun = hasSlot ? await ledger.beginOrdinary(deliveryId, { withSlot }) : undefined;
      if (begun !== undefined) {
        logRunOf(begun);
        return withHeartbeat(() => postBegun(begun));
      }
      const work = await store.work.post(deliveryId);
      if (work === undefined) {
        throw ApplicationFailure.nonRetryable(`Delivery ${deliveryId} is not in the ledger`, 'unknown_delivery');
      }
      logRunOf(work.delivery);
      const posted = await withHeartbeat(() => postKnown(work, hasSlot));
      // A notification that was made for one time has had it.
      if (work.one_off === 1) await store.notifications.removeOneOff(work.delivery.notification_id);
      return posted;
    },
  };

  async function postKnown(work: PostWork, hasSlot: boolean): Promise<Posted> {
    const { delivery, forgotten, parked } = work;
    const { state, message_ts: messageTs, absent_at: absentAt } = delivery;
    if (messageTs !== null) return { messageTs };
    if (state === 'posting') return settleEarlierAttempt(work);
    if (state !== 'pending') throw final(delivery, state, reasonOf(delivery));
    if (forgotten !== undefined && absentAt === null && parked === undefined) {
      await ledger.doubt(delivery.id, forgotten.from);
      throw retryIn(0, 'settling', 'The store was restored; the channel is read before it is posted');
    }
    return postPending(delivery, await clientOf(work), hasSlot);
  }

  async function postBegun(delivery: Begun): Promise<Posted> {
    const { workspace_id: id, token_ref, attempts: attempt } = delivery;
    const workspace = token_ref === null ? undefined : { id, tokenRef: token_ref };
    return post(delivery, attempt, await clientOf({ delivery, workspace }, attempt));
  }

  /** Waits for its slot, where it has none. */
  async function postPending(delivery: Delivery, client: WebClient, hasSlot: boolean): Promise<Posted> {
    if (delivery.message === null) throw ApplicationFailure.nonRetryable('Its report was not rendered', 'no_message');
    if (!hasSlot) await untilSlot(delivery);
    const attempt = await ledger.beginPosting(delivery.id, { withSlot });
    if (attempt === undefined) throw retryIn(BACK_OFF_MS.first, 'already_posting', 'Another attempt is under way');
    return post(delivery, attempt, client);
  }

  async function untilSlot(delivery: Delivery): Promise<void> {
    const wait = await pacing.wait({ workspaceId: delivery.workspace_id, channel: delivery.channel }, Date.now());
    if (wait <= SHORT_WAIT_MS) {
      await sleep(wait);
      if (await pacing.pass(delivery.id, Date.now())) return;
    }
    throw retryIn(wait - SHORT_WAIT_MS / 2, 'paced', `Slack's limits leave no slot for another ${wait} ms`);
  }

  async function post(delivery: Delivery, attempt: number, client: WebClient): Promise<Posted> {
    const { id, channel, files } = delivery;
    const message = messageOfDelivery(delivery);
    if (message === undefined) throw ApplicationFailure.nonRetryable('Its report was not rendered', 'no_message');
    const { missing, ...sendable } = withFiles(message, files > 0 ? await store.files.list(id) : []);
    const result = await postWithRemedies(client, { channel, deliveryId: id, ...sendable });
    if (result.posted) return recordDelivered(delivery, attempt, result.ts, result.degraded ?? missing);
    return recordFailure(delivery, attempt, result.failure);
  }

  async function recordDelivered(delivery: Delivery, attempt: number, messageTs: string, degraded?: DeliveryError) {
    const recorded = await ledger.markDelivered(delivery.id, attempt, messageTs, degraded);
    if (delivery.files > 0 && delivery.parts === 0) await store.files.drop(delivery.id);
    // Only a process that slept through its own time-out comes here: a later attempt has taken over meanwhile.
    if (!recorded)
      log.error('Slack took a message whose delivery had moved on', { deliveryId: delivery.id, messageTs });
    return { messageTs };
  }

  async function recordFailure(delivery: Delivery, attempt: number, failure: SlackFailure): Promise<never> {
    if (failure.kind === 'ambiguous')
      throw retryIn(settleMs, failure.code, `${failure.message}; the channel is read next`);
    if (failure.kind === 'refused') {
      // The channel of a test says nothing about the notification's own.
      const isFinal = failure.scope === 'message' || (failure.scope === 'channel' && isTest(delivery.occurrence));
      if (isFinal) await ledger.markFailed(delivery.id, failure, attempt);
      else await park(delivery, failure, attempt);
      throw final(delivery, isFinal ? 'failed' : 'parked', failure);
    }
    if (failure.code === 'ratelimited')
      await pacing.hold(delivery.workspace_id, Date.now() + (failure.retryAfterMs ?? 0));
    await ledger.releasePosting(delivery.id, attempt, failure);
    const message = `Not posted: ${failure.message}`;
    throw failure.retryAfterMs === undefined
      ? ApplicationFailure.create({ message, type: failure.code, nextRetryDelay: backOffMs(attempt) })
      : retryIn(failure.retryAfterMs, failure.code, message);
  }

  /** An earlier attempt began and its end is unknown. Found in the channel it is delivered; surely absent it is posted. */
  async function settleEarlierAttempt(work: PostWork): Promise<Posted> {
    const { delivery, forgotten } = work;
    const since = new Date(delivery.posting_at ?? delivery.claimed_at);
    const secondRead = delivery.absent_at === null ? 0 : new Date(delivery.absent_at).getTime() + settleMs / 2;
    const until = forgotten !== undefined && forgotten.until > since ? forgotten.until : since;
    const wait = Math.max(until.getTime() + settleMs, secondRead) - Date.now();
    if (wait > 0)
      throw retryIn(wait, 'settling', 'An earlier attempt may have reached Slack; the channel is read next');

    const client = await clientOf(work);
    const sighting = await findPosted(client, { channel: delivery.channel, deliveryId: delivery.id, since, until });
    if ('unreadable' in sighting) return unreadable(delivery, until, sighting.unreadable);
    if (sighting.seen) return recordDelivered(delivery, delivery.attempts, sighting.ts);
    // History lags behind posts by an unknown time, so absence counts only when it is seen twice.
    if (await ledger.sawAbsence(delivery.id, delivery.attempts)) {
      throw retryIn(settleMs / 2, 'settling', 'Not in the channel yet; it is read once more before posting again');
    }
    await ledger.releasePosting(delivery.id, delivery.attempts, ABSENT);
    throw retryIn(0, ABSENT.code, `${ABSENT.message}; it is posted now`);
  }

  async function unreadable(delivery: Delivery, since: Date, failure: SlackFailure): Promise<never> {
    const patient = Date.now() - since.getTime() < RECONCILE_DEADLINE_MS;
    if (failure.kind !== 'refused' && patient) {
      const delay = failure.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
      throw retryIn(delay, failure.code, `Cannot read the channel: ${failure.message}`);
    }
    const message = `It may have been posted, and the channel cannot be read (${failure.message})`;
    await ledger.markUnconfirmed(delivery.id, { code: failure.code, message });
    throw final(delivery, 'unconfirmed', { code: failure.code, message });
  }

  /**
   * The workspace's client. Parks the delivery where its channel or workspace is parked, without asking Slack. `attempt`
   * is one that has begun and has not asked Slack yet.
   */
  async function clientOf({ delivery, workspace, parked }: ClientWork, attempt?: number): Promise<WebClient> {
    if (parked !== undefined && delivery.state === 'pending') {
      await ledger.markParked(delivery.id, parked);
      const message = `Its ${parked.kind} is parked since ${parked.since}`;
      throw final(delivery, 'parked', { code: parked.code, message });
    }
    try {
      if (workspace === undefined) throw new TokenError('unknown_workspace', `No workspace "${delivery.workspace_id}"`);
      return await slack.of(workspace);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      const { code, message } = error;
      if (code === 'token_unavailable') {
        if (attempt !== undefined) await ledger.releasePosting(delivery.id, attempt, { code, message });
        throw retryIn(VAULT_RETRY_MS, code, message);
      }
      if (delivery.state === 'posting' && attempt === undefined)
        return unreadable(delivery, new Date(0), { kind: 'refused', code, message });
      await park(delivery, { scope: 'workspace', code, message }, attempt);
      throw final(delivery, 'parked', error);
    }
  }

  /** First the flag, then the row: a crash between them leaves a delivery that parks itself at the next attempt. */
  async function park(delivery: Delivery, failure: DeliveryError & Pick<SlackFailure, 'scope'>, attempt?: number) {
    if (failure.scope === 'workspace') await parking.parkWorkspace(delivery.workspace_id, failure);
    else await parking.parkNotification(delivery.notification_id, failure);
    await ledger.markParked(delivery.id, failure, attempt);
  }
}

/** By the posts that were begun: Temporal's own count also has the tries that found no slot. */
export function backOffMs(attempt: number): number {
  return Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** (attempt - 1));
}

const ABSENT = { code: 'not_in_history', message: 'Read twice: an earlier attempt did not reach the channel' };

function reasonOf(delivery: Delivery): DeliveryError {
  return { code: delivery.error_code ?? delivery.state, message: delivery.error_message ?? delivery.state };
}
