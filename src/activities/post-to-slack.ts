import { ApplicationFailure, log } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { UserError } from '../errors.ts';
import { DEFAULT_RETRY_AFTER_MS, type SlackFailure } from '../slack/classify.ts';
import { findPosted } from '../slack/post.ts';
import { postWithRemedies } from '../slack/remedies.ts';
import { type Delivery, type DeliveryError, messageOfDelivery } from '../store/ledger.ts';
import type { PostWork } from '../store/work.ts';
import type { Dependencies } from './dependencies.ts';
import { final, retryIn } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';

/** Where a delivery's message is: small enough for the workflow's history. */
export interface Posted {
  messageTs: string;
}

/** A channel that could not be read for so long is given up, in milliseconds; a person has to look. */
const RECONCILE_DEADLINE_MS = 30 * 60_000;

export function postToSlackActivities({ store, slack, settleMs }: Dependencies) {
  const { ledger, pacing, parking } = store;
  return {
    /**
     * Posts the delivery's message, once. Temporal retries this activity, and the ledger says what a retry may do:
     * `pending` posts, `posting` means an earlier attempt may have reached Slack and is looked up first.
     */
    async postToSlack({ deliveryId }: { deliveryId: string }): Promise<Posted> {
      const work = await store.work.post(deliveryId);
      if (work === undefined) {
        throw ApplicationFailure.nonRetryable(`Delivery ${deliveryId} is not in the ledger`, 'unknown_delivery');
      }
      const { delivery, forgotten, parked } = work;
      if (delivery.message_ts !== null) return { messageTs: delivery.message_ts };
      if (delivery.state === 'pending' && forgotten !== undefined && parked === undefined) {
        await ledger.doubt(delivery.id, forgotten.from);
        throw retryIn(0, 'settling', 'The store was restored; the channel is read before it is posted');
      }
      if (delivery.state === 'posting') return withHeartbeat(() => settleEarlierAttempt(work));
      if (delivery.state === 'pending') return withHeartbeat(async () => post(delivery, await clientOf(work)));
      throw final(delivery, delivery.state, reasonOf(delivery));
    },
  };

  async function post(delivery: Delivery, client: WebClient): Promise<Posted> {
    const message = messageOfDelivery(delivery);
    if (message === undefined) throw ApplicationFailure.nonRetryable('Its report was not rendered', 'no_message');
    const slot = { workspaceId: delivery.workspace_id, channel: delivery.channel };
    const wait = await pacing.pass(slot, Date.now());
    if (wait > 0) throw retryIn(wait, 'paced', `Slack's limits leave no slot for another ${wait} ms`);
    const attempt = await ledger.beginPosting(delivery.id);
    if (attempt === undefined) throw ApplicationFailure.retryable('Another attempt is under way', 'already_posting');
    const result = await postWithRemedies(client, { ...slot, deliveryId: delivery.id, ...message });
    await pacing.posted(slot, Date.now());
    if (result.posted) return recordDelivered(delivery, attempt, result.ts, result.degraded);
    return recordFailure(delivery, attempt, result.failure);
  }

  async function recordDelivered(delivery: Delivery, attempt: number, messageTs: string, degraded?: SlackFailure) {
    const recorded = await ledger.markDelivered(delivery.id, attempt, messageTs, degraded);
    // Only a process that slept through its own time-out comes here: a later attempt has taken over meanwhile.
    if (!recorded)
      log.error('Slack took a message whose delivery had moved on', { deliveryId: delivery.id, messageTs });
    return { messageTs };
  }

  async function recordFailure(delivery: Delivery, attempt: number, failure: SlackFailure): Promise<never> {
    if (failure.kind === 'ambiguous')
      throw retryIn(settleMs, failure.code, `${failure.message}; the channel is read next`);
    if (failure.kind === 'refused') {
      const isMessage = failure.scope === 'message';
      if (isMessage) await ledger.markFailed(delivery.id, failure, attempt);
      else await park(delivery, failure, attempt);
      throw final(delivery, isMessage ? 'failed' : 'parked', failure);
    }
    if (failure.code === 'ratelimited')
      await pacing.hold(delivery.workspace_id, Date.now() + (failure.retryAfterMs ?? 0));
    await ledger.releasePosting(delivery.id, attempt, failure);
    const message = `Not posted: ${failure.message}`;
    throw failure.retryAfterMs === undefined
      ? ApplicationFailure.retryable(message, failure.code)
      : retryIn(failure.retryAfterMs, failure.code, message);
  }

  /** An earlier attempt began and its end is unknown. Found in the channel it is delivered; surely absent it is posted. */
  async function settleEarlierAttempt(work: PostWork): Promise<Posted> {
    const { delivery, forgotten } = work;
    const since = new Date(delivery.posting_at ?? delivery.claimed_at);
    const secondRead = delivery.absent_at === null ? 0 : new Date(delivery.absent_at).getTime() + settleMs / 2;
    const until = forgotten?.until ?? since;
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
    return post(delivery, client);
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

  /** The workspace's client. Parks the delivery where its channel or workspace is parked, without asking Slack. */
  async function clientOf({ delivery, workspace, parked }: PostWork): Promise<WebClient> {
    if (parked !== undefined && delivery.state === 'pending') {
      await ledger.markParked(delivery.id, parked);
      const message = `Its ${parked.kind} is parked since ${parked.since}`;
      throw final(delivery, 'parked', { code: parked.code, message });
    }
    try {
      if (workspace === undefined) throw new UserError('unknown_workspace', `No workspace "${delivery.workspace_id}"`);
      return slack.of(workspace);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (delivery.state === 'posting')
        return unreadable(delivery, new Date(0), { kind: 'refused', code: error.code, message: error.message });
      await park(delivery, { scope: 'workspace', code: error.code, message: error.message });
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

const ABSENT = { code: 'not_in_history', message: 'Read twice: an earlier attempt did not reach the channel' };

function reasonOf(delivery: Delivery): DeliveryError {
  return { code: delivery.error_code ?? delivery.state, message: delivery.error_message ?? delivery.state };
}
