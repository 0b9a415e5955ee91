import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, log } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { UserError } from '../errors.ts';
import { isTest } from '../occurrence.ts';
import { DEFAULT_RETRY_AFTER_MS, type SlackFailure } from '../slack/classify.ts';
import { findPosted } from '../slack/post.ts';
import { postWithRemedies } from '../slack/remedies.ts';
import { TOKEN_UNAVAILABLE } from '../slack/token-resolver.ts';
import { type Begun, type Delivery, type DeliveryError, messageOfDelivery } from '../store/ledger.ts';
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

export function postToSlackActivities({ store, slack, settleMs }: Dependencies) {
  const { ledger, pacing, parking } = store;
  return {
    /**
     * Posts the delivery's message, once. Temporal retries this activity, and the ledger says what a retry may do:
     * `pending` posts, `posting` means an earlier attempt may have reached Slack and is looked up first.
     */
    async postToSlack({ deliveryId }: { deliveryId: string }): Promise<Posted> {
      const begun = await begin(deliveryId);
      if (begun !== undefined) {
        logRunOf(begun);
        return posting(begun, () => post(begun));
      }
      const work = await store.work.post(deliveryId);
      if (work === undefined) {
        throw ApplicationFailure.nonRetryable(`Delivery ${deliveryId} is not in the ledger`, 'unknown_delivery');
      }
      const { delivery, one_off, forgotten, parked } = work;
      logRunOf(delivery);
      const { state, message_ts: messageTs, absent_at: absentAt } = delivery;
      if (messageTs !== null) return posting({ ...delivery, one_off }, async () => ({ messageTs }));
      if (state === 'pending' && forgotten !== undefined && absentAt === null && parked === undefined) {
        await ledger.doubt(delivery.id, forgotten.from);
        throw retryIn(0, 'settling', 'The store was restored; the channel is read before it is posted');
      }
      if (state === 'posting') return posting({ ...delivery, one_off }, () => settleEarlierAttempt(work));
      if (state === 'pending') return posting({ ...delivery, one_off }, () => postSoon(work));
      throw final(delivery, state, reasonOf(delivery));
    },
  };

  async function posting(
    { notification_id, one_off }: Pick<Begun, 'notification_id' | 'one_off'>,
    post: () => Promise<Posted>,
  ) {
    const posted = await withHeartbeat(post);
    // A notification that was made for one time has had it.
    if (one_off === 1) await store.notifications.removeOneOff(notification_id);
    return posted;
  }

  /** Takes the slot of now and claims the post: two statements on the store, for whatever is not in the way of most. */
  async function begin(deliveryId: string): Promise<Begun | undefined> {
    if (!(await pacing.pass(deliveryId, Date.now()))) return undefined;
    return ledger.beginPosting(deliveryId, { withSlot: pacing.limited });
  }

  async function post(delivery: Begun): Promise<Posted> {
    const { attempts: attempt, workspace_id: id, channel, token_ref } = delivery;
    const message = messageOfDelivery(delivery);
    if (message === undefined) {
      await ledger.markFailed(delivery.id, NO_MESSAGE, attempt);
      throw final(delivery, 'failed', NO_MESSAGE);
    }
    const client = await clientOf(delivery, token_ref === null ? undefined : { id, token_ref }, attempt);
    const { missing, ...sendable } = withFiles(message, delivery.files > 0 ? await store.files.list(delivery.id) : []);
    const result = await postWithRemedies(client, { channel, deliveryId: delivery.id, ...sendable });
    if (result.posted) return recordDelivered(delivery, attempt, result.ts, result.degraded ?? missing);
    return recordFailure(delivery, attempt, result.failure);
  }

  /** What is pending and could not begin: it or its workspace is parked, or Slack's limits leave no slot now. */
  async function postSoon({ delivery, parked }: PostWork): Promise<Posted> {
    if (parked !== undefined) {
      await ledger.markParked(delivery.id, parked);
      const message = `Its ${parked.kind} is parked since ${parked.since}`;
      throw final(delivery, 'parked', { code: parked.code, message });
    }
    const place = { workspaceId: delivery.workspace_id, channel: delivery.channel };
    const wait = await pacing.wait(place, Date.now());
    if (wait <= SHORT_WAIT_MS) {
      await sleep(wait);
      const begun = await begin(delivery.id);
      if (begun !== undefined) return post(begun);
    }
    const paced = `Slack's limits leave no slot for another ${wait} ms`;
    throw retryIn(wait - SHORT_WAIT_MS / 2, 'paced', paced);
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

    const client = await clientOf(delivery, work.workspace);
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
   * The workspace's client. Parks the workspace where there is no token for it; `attempt` is one that has not asked Slack
   * yet. Without it an earlier attempt may have posted.
   */
  async function clientOf(delivery: Delivery, workspace: PostWork['workspace'], attempt?: number): Promise<WebClient> {
    try {
      if (workspace === undefined) throw new UserError('unknown_workspace', `No workspace "${delivery.workspace_id}"`);
      return await slack.of(workspace);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const { code, message } = error;
      if (code === TOKEN_UNAVAILABLE) {
        if (attempt !== undefined) await ledger.releasePosting(delivery.id, attempt, { code, message });
        throw retryIn(VAULT_RETRY_MS, code, message);
      }
      if (attempt === undefined) return unreadable(delivery, new Date(0), { kind: 'refused', code, message });
      await park(delivery, { scope: 'workspace', code, message }, attempt);
      throw final(delivery, 'parked', error);
    }
  }

  /** First the flag, then the row: a crash between them leaves a delivery that parks itself at the next attempt. */
  async function park(delivery: Delivery, failure: DeliveryError & Pick<SlackFailure, 'scope'>, attempt: number) {
    if (failure.scope === 'workspace') await parking.parkWorkspace(delivery.workspace_id, failure);
    else await parking.parkNotification(delivery.notification_id, failure);
    await ledger.markParked(delivery.id, failure, attempt);
  }
}

/** By the posts that were begun: Temporal's own count also has the tries that found no slot. */
function backOffMs(attempt: number): number {
  return Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** (attempt - 1));
}

const NO_MESSAGE = { code: 'no_message', message: 'Its report was not rendered' };
const ABSENT = { code: 'not_in_history', message: 'Read twice: an earlier attempt did not reach the channel' };

function reasonOf(delivery: Delivery): DeliveryError {
  return { code: delivery.error_code ?? delivery.state, message: delivery.error_message ?? delivery.state };
}
