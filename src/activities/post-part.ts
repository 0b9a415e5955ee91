import { ApplicationFailure } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { isTest } from '../occurrence.ts';
import { DEFAULT_RETRY_AFTER_MS, type SlackFailure } from '../slack/classify.ts';
import { THREAD_ERRORS } from '../slack/error-codes.ts';
import { findPosted } from '../slack/post.ts';
import { postWithRemedies } from '../slack/remedies.ts';
import { TokenError } from '../slack/token-error.ts';
import type { DeliveryError } from '../store/delivery-log.ts';
import type { Delivery } from '../store/ledger.ts';
import { messageOfPart, type Part, partId } from '../store/parts.ts';
import type { PartState } from '../store/schema.ts';
import { type Forgotten, type PostWork, unlessKnown } from '../store/work.ts';
import type { Dependencies } from './dependencies.ts';
import { retryIn } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { backOffMs, RECONCILE_DEADLINE_MS, VAULT_RETRY_MS } from './post-to-slack.ts';
import { withFiles } from './with-files.ts';

export interface PartRequest {
  deliveryId: string;
  /** From 1. */
  nr: number;
}

/** How a post of a thread ended. */
export interface PartEnd {
  state: PartState;
}

/** What a post of the thread works with. */
interface PartWork {
  part: Part;
  delivery: Delivery;
  /** The message whose thread it is in. */
  threadTs: string;
  /** Set where it may have been posted in a time that the ledger does not know. */
  forgotten: Forgotten | undefined;
  client: WebClient;
}

export function postPartActivities({ store, slack, settleMs }: Dependencies) {
  const { parts, pacing, parking } = store;
  return {
    /**
     * Posts one post of a delivery's thread, once; in the same steps as `postToSlack`, with a claim, a delivery id and a
     * look-up of its own. Whatever becomes of it, the report above it is delivered.
     */
    async postPart({ deliveryId, nr }: PartRequest): Promise<PartEnd> {
      const part = await parts.find(deliveryId, nr);
      if (part === undefined) throw ApplicationFailure.nonRetryable(`No thread post ${nr}`, 'unknown_part');
      if (part.state !== 'pending' && part.state !== 'posting') return { state: part.state };
      const found = await workOf(part, await store.work.post(deliveryId));
      if ('failure' in found)
        return part.state === 'pending' ? fail(part, found.failure) : unconfirm(part, found.failure);
      return withHeartbeat(() => (part.state === 'pending' ? postPending(found) : settleEarlierAttempt(found)));
    },
  };

  async function workOf(part: Part, work: PostWork | undefined): Promise<PartWork | { failure: DeliveryError }> {
    const delivery = work?.delivery;
    if (delivery === undefined || delivery.message_ts === null) {
      return { failure: { code: 'no_thread', message: 'The message above it is not posted' } };
    }
    const forgotten = unlessKnown(part, work?.forgotten);
    const isSurelyAbsent = part.state === 'pending' && forgotten === undefined;
    if (work?.parked !== undefined && isSurelyAbsent) return { failure: work.parked };
    try {
      if (work?.workspace === undefined) throw new TokenError('unknown_workspace', 'Its workspace was removed');
      return { part, delivery, threadTs: delivery.message_ts, forgotten, client: await slack.of(work.workspace) };
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      if (error.code === 'token_unavailable') throw retryIn(VAULT_RETRY_MS, error.code, error.message);
      const failure = { code: error.code, message: error.message };
      if (part.state === 'pending') await parking.parkWorkspace(delivery.workspace_id, failure);
      return { failure };
    }
  }

  async function postPending(work: PartWork): Promise<PartEnd> {
    if (work.forgotten === undefined) return post(work);
    await parts.doubt(work.part, work.forgotten.from);
    throw retryIn(0, 'settling', 'The store was restored; the thread is read before it is posted');
  }

  async function post(work: PartWork): Promise<PartEnd> {
    const { part, delivery, threadTs, client } = work;
    const { channel, workspace_id: workspaceId, files } = delivery;
    const message = messageOfPart(part);
    if (message === undefined) throw ApplicationFailure.nonRetryable('It has no message', 'no_message');
    const slot = { workspaceId, channel };
    const { missing, ...sendable } = withFiles(message, files > 0 ? await store.files.list(part.delivery_id) : []);
    if (!(await pacing.passThread(partId(part), slot, Date.now()))) {
      const wait = await pacing.wait(slot, Date.now());
      throw retryIn(wait, 'paced', `Slack's limits leave no slot for another ${wait} ms`);
    }
    const attempt = await parts.beginPosting(part);
    if (attempt === undefined) throw ApplicationFailure.retryable('Another attempt is under way', 'already_posting');
    const result = await postWithRemedies(client, { channel, threadTs, deliveryId: partId(part), ...sendable });
    await pacing.threadPosted(partId(part), slot, Date.now());
    if (result.posted) {
      await parts.markDelivered(part, attempt, result.ts, result.degraded ?? missing);
      return { state: 'delivered' };
    }
    return recordFailure(work, attempt, result.failure);
  }

  async function recordFailure({ part, delivery }: PartWork, attempt: number, failure: SlackFailure) {
    if (failure.kind === 'ambiguous')
      throw retryIn(settleMs, failure.code, `${failure.message}; the thread is read next`);
    if (failure.kind === 'refused') {
      await park(delivery, failure);
      return fail(part, failure, attempt);
    }
    if (failure.code === 'ratelimited')
      await pacing.hold(delivery.workspace_id, Date.now() + (failure.retryAfterMs ?? 0));
    await parts.releasePosting(part, attempt, failure);
    const message = `Not posted: ${failure.message}`;
    throw failure.retryAfterMs === undefined
      ? ApplicationFailure.create({ message, type: failure.code, nextRetryDelay: backOffMs(attempt) })
      : retryIn(failure.retryAfterMs, failure.code, message);
  }

  /** An earlier attempt began and its end is unknown. Found in the thread it is delivered; surely absent it is posted. */
  async function settleEarlierAttempt(work: PartWork): Promise<PartEnd> {
    const { part, delivery, threadTs, forgotten, client } = work;
    const since = new Date(part.posting_at ?? 0);
    const secondRead = part.absent_at === null ? 0 : new Date(part.absent_at).getTime() + settleMs / 2;
    const until = forgotten !== undefined && forgotten.until > since ? forgotten.until : since;
    const wait = Math.max(until.getTime() + settleMs, secondRead) - Date.now();
    if (wait > 0) throw retryIn(wait, 'settling', 'An earlier attempt may have reached Slack; the thread is read next');
    const sighting = await findPosted(client, {
      channel: delivery.channel,
      threadTs,
      deliveryId: partId(part),
      since,
      until,
    });
    if ('unreadable' in sighting) return unreadable(part, until, sighting.unreadable);
    if (sighting.seen) {
      await parts.markDelivered(part, part.attempts, sighting.ts);
      return { state: 'delivered' };
    }
    // A thread lags behind posts by an unknown time, so absence counts only when it is seen twice.
    if (await parts.sawAbsence(part)) {
      throw retryIn(settleMs / 2, 'settling', 'Not in the thread yet; it is read once more before posting again');
    }
    await parts.releasePosting(part, part.attempts, ABSENT);
    return post(work);
  }

  async function unreadable(part: Part, since: Date, failure: SlackFailure): Promise<PartEnd> {
    const isPatient = Date.now() - since.getTime() < RECONCILE_DEADLINE_MS;
    if (failure.kind === 'refused' || !isPatient) return unconfirm(part, failure);
    throw retryIn(
      failure.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS,
      failure.code,
      `Cannot read the thread: ${failure.message}`,
    );
  }

  /** What is refused for its channel or its workspace would be refused to the next message, too. */
  async function park({ workspace_id, notification_id, occurrence }: Delivery, failure: SlackFailure): Promise<void> {
    const { scope, code } = failure;
    if (scope === 'workspace') await parking.parkWorkspace(workspace_id, failure);
    // The channel of a test says nothing about the notification's own, and a thread nothing about the channel.
    const isOfChannel = scope === 'channel' && !isTest(occurrence) && !THREAD_ERRORS.has(code);
    if (isOfChannel) await parking.parkNotification(notification_id, failure);
  }

  async function fail(part: Part, { code, message }: DeliveryError, attempt?: number): Promise<PartEnd> {
    await parts.markFailed(part, { code, message }, attempt);
    return { state: 'failed' };
  }

  async function unconfirm(part: Part, { code, message }: DeliveryError): Promise<PartEnd> {
    const unread = `It may have been posted, and the thread cannot be read (${message})`;
    await parts.markUnconfirmed(part, { code, message: unread });
    return { state: 'unconfirmed' };
  }
}

const ABSENT = { code: 'not_in_thread', message: 'Read twice: an earlier attempt did not reach the thread' };
