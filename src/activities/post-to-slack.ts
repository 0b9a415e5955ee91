import { ApplicationFailure, log } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { messageOf, UserError } from '../errors.ts';
import { DEFAULT_RETRY_AFTER_MS, type SlackFailure } from '../slack/classify.ts';
import { findPosted, joinChannel, postOnce, type PostResult } from '../slack/post.ts';
import type { Delivery } from '../store/ledger.ts';
import type { Dependencies } from './dependencies.ts';

/** Where a delivery's message is: small enough for the workflow's history. */
export interface Posted {
  messageTs: string;
}

export function postToSlackActivities({ store, slack, settleMs }: Dependencies) {
  return {
    /**
     * Posts the delivery's message, once. Temporal retries this activity, and the ledger says what a retry may do:
     * `pending` posts, `posting` means an earlier attempt may have reached Slack and is looked up first.
     */
    async postToSlack({ deliveryId }: { deliveryId: string }): Promise<Posted> {
      const delivery = await find(deliveryId);
      if (delivery.message_ts !== null) return { messageTs: delivery.message_ts };
      if (delivery.state === 'posting') return settleEarlierAttempt(delivery);
      if (delivery.state !== 'pending') throw ended(delivery);
      return post(delivery, await clientFor(delivery));
    },
  };

  async function find(deliveryId: string): Promise<Delivery> {
    const delivery = await store.ledger.find(deliveryId);
    if (delivery !== undefined) return delivery;
    throw ApplicationFailure.nonRetryable(`Delivery ${deliveryId} is not in the ledger`, 'unknown_delivery');
  }

  async function post(delivery: Delivery, client: WebClient): Promise<Posted> {
    const message = await store.ledger.message(delivery.id);
    if (message === undefined) {
      throw ApplicationFailure.nonRetryable(`Delivery ${delivery.id} has no rendered message`, 'no_message');
    }
    const attempt = await store.ledger.beginPosting(delivery.id);
    if (attempt === undefined) throw ApplicationFailure.retryable('Another attempt is under way', 'already_posting');
    const result = await postOrJoin(client, { channel: delivery.channel, deliveryId: delivery.id, ...message });
    if (result.posted) return recordDelivered(delivery, attempt, result.ts);
    return recordFailure(delivery, attempt, result.failure);
  }

  async function recordDelivered(delivery: Delivery, attempt: number, messageTs: string): Promise<Posted> {
    const recorded = await store.ledger.markDelivered(delivery.id, attempt, messageTs);
    // Only a process that slept through its own time-out comes here: a later attempt has taken over meanwhile.
    if (!recorded)
      log.error('Slack took a message whose delivery had moved on', { messageTs, channel: delivery.channel });
    return { messageTs };
  }

  async function recordFailure(delivery: Delivery, attempt: number, failure: SlackFailure): Promise<never> {
    if (failure.kind === 'ambiguous')
      throw retryIn(settleMs, 'settling', `${failure.message}; the channel is read next`);
    if (failure.kind === 'refused') {
      await store.ledger.markFailed(delivery.id, failure, attempt);
      throw refused(delivery, failure);
    }
    await store.ledger.releasePosting(delivery.id, attempt, failure);
    const message = `Not posted: ${failure.message}`;
    throw failure.retryAfterMs === undefined
      ? ApplicationFailure.retryable(message, failure.code)
      : retryIn(failure.retryAfterMs, failure.code, message);
  }

  /** An earlier attempt began and its end is unknown. Found in the channel it is delivered; surely absent it is posted. */
  async function settleEarlierAttempt(delivery: Delivery): Promise<Posted> {
    const since = new Date(delivery.posting_at ?? delivery.claimed_at);
    const secondRead = delivery.absent_at === null ? 0 : new Date(delivery.absent_at).getTime() + settleMs / 2;
    const wait = Math.max(since.getTime() + settleMs, secondRead) - Date.now();
    if (wait > 0)
      throw retryIn(wait, 'settling', 'An earlier attempt may have reached Slack; the channel is read next');

    const client = await clientFor(delivery);
    const sighting = await findPosted(client, { channel: delivery.channel, deliveryId: delivery.id, since });
    if ('unreadable' in sighting) return giveUpUnconfirmed(delivery, sighting.unreadable);
    if (sighting.seen) return recordDelivered(delivery, delivery.attempts, sighting.ts);
    // History lags behind posts by an unknown time, so absence counts only when it is seen twice.
    if (await store.ledger.sawAbsence(delivery.id, delivery.attempts)) {
      throw retryIn(settleMs / 2, 'settling', 'Not in the channel yet; it is read once more before posting again');
    }
    await store.ledger.releasePosting(delivery.id, delivery.attempts, ABSENT);
    return post(delivery, client);
  }

  async function giveUpUnconfirmed(delivery: Delivery, failure: SlackFailure): Promise<never> {
    if (failure.kind !== 'refused') {
      throw retryIn(
        failure.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS,
        failure.code,
        `Cannot read the channel: ${failure.message}`,
      );
    }
    const message = `It may have been posted, and the channel cannot be read (${failure.message})`;
    await store.ledger.markUnconfirmed(delivery.id, { code: failure.code, message });
    throw ApplicationFailure.nonRetryable(`${describe(delivery)}: ${message}`, failure.code);
  }

  async function clientFor(delivery: Delivery): Promise<WebClient> {
    const workspace = await store.workspaces.find(delivery.workspace_id);
    try {
      if (workspace === undefined) throw new UserError('unknown_workspace', `No workspace "${delivery.workspace_id}"`);
      return slack.of(workspace);
    } catch (error) {
      const code = error instanceof UserError ? error.code : 'token_missing';
      throw ApplicationFailure.nonRetryable(`${describe(delivery)}: ${messageOf(error)}`, code);
    }
  }
}

const ABSENT = { code: 'not_in_history', message: 'Read twice: an earlier attempt did not reach the channel' };

/** A public channel that the bot is not in is joined, and the message, which Slack refused, is posted once more. */
async function postOrJoin(client: WebClient, request: Parameters<typeof postOnce>[1]): Promise<PostResult> {
  const first = await postOnce(client, request);
  if (first.posted || first.failure.code !== 'not_in_channel') return first;
  const failure = await joinChannel(client, request.channel);
  return failure === undefined ? postOnce(client, request) : first;
}

function retryIn(ms: number, type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ message, type, nextRetryDelay: Math.max(1, Math.ceil(ms)) });
}

function refused(delivery: Delivery, failure: SlackFailure): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${describe(delivery)}: ${failure.message}`, failure.code);
}

function ended(delivery: Delivery): ApplicationFailure {
  const reason = delivery.error_message ?? delivery.state;
  return ApplicationFailure.nonRetryable(`${describe(delivery)}: ${reason}`, delivery.error_code ?? delivery.state);
}

function describe(delivery: Delivery): string {
  return `${delivery.name} → ${delivery.channel_name ?? delivery.channel}`;
}
