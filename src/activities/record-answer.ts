import { ApplicationFailure, log } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { assertNever } from '../lib/assert-never.ts';
import type { PostResult, Waits } from '../contract/delivery.ts';
import type { Delivery, DeliveryError } from '../domain/delivery.ts';
import { isTest } from '../domain/occurrence.ts';
import type { ParkedOwner } from '../domain/selection.ts';
import { DEFAULT_RETRY_AFTER_MS, type NotPosted, type Refused, THREAD_ERRORS } from '../slack/errors.ts';
import type { FallbackResult } from '../slack/fallbacks.ts';
import { refusesToken } from '../slack/post.ts';
import type { Parked } from '../store/parking.ts';
import type { Dependencies } from './dependencies.ts';
import { PLACES } from './look-up.ts';
import { final, retryIn } from './support.ts';
import { slots } from './take-slot.ts';

/** Between two tries of a post that Slack surely did not take, in milliseconds. */
const BACK_OFF_MS = { first: 2_000, max: 5 * 60_000 };

/** What Slack was asked, and by which attempt. */
interface Call {
  client: WebClient;
  attempt: number;
  renderedAt: string | undefined;
  /** What the message lacks, since a file of it could not be uploaded. */
  missing: DeliveryError | undefined;
}

/** Decides what Slack's answer means for a delivery, and writes it to the ledger. */
export function answers(dependencies: Pick<Dependencies, 'store' | 'slack' | 'settleMs'>) {
  const { store, slack, settleMs } = dependencies;
  const { ledger, pacing, parking } = store;
  const { comeBack } = slots(dependencies);

  return { recordAnswer, recordDelivered, recordRefused, leaveParked };

  async function recordAnswer(delivery: Delivery, answer: FallbackResult, call: Call): Promise<PostResult> {
    const { client, attempt, renderedAt, missing } = call;
    const result = answer.kind === 'refused' ? await confirmed(client, answer) : answer;
    switch (result.kind) {
      case 'posted':
        return recordDelivered(delivery, attempt, result.ts, result.degraded ?? missing);
      case 'ambiguous': {
        const { code, message, unknownCode = false } = result;
        const doubt = unknownCode ? 'unknown_code' : 'answer_lost';
        await ledger.recordDoubt(delivery.id, attempt, { code, message, doubt });
        throw retryIn(settleMs, code, `${message}; the ${PLACES[delivery.kind].place} is read next`);
      }
      case 'refused':
        if (result.scope === 'workspace') {
          const { workspaceId } = delivery;
          await store.workspaces.noteRefused(workspaceId, slack.tokenHash({ id: workspaceId }, client));
        }
        return recordRefused(delivery, result, attempt);
      case 'not_posted':
        return recordNotPosted(delivery, result, { attempt, renderedAt });
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
    if (owner !== undefined && canPark(delivery)) {
      throw final(delivery, (await ledger.park(delivery.id, owner, failure, attempt)) ?? 'parked', failure);
    }
    if (owner !== undefined) await parking.park(owner, failure);
    await ledger.markFailed(delivery.id, failure, attempt);
    throw final(delivery, 'failed', failure);
  }

  /** What a delivery fails with whose channel or workspace is parked already. */
  async function leaveParked(delivery: Delivery, parked: Parked): Promise<ApplicationFailure> {
    const since = { code: parked.code, message: `Its ${parked.kind} is parked since ${parked.since}` };
    if (!canPark(delivery)) {
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
}

/** `resume` sends reports; the report of a thread post is delivered already. */
export function canPark({ kind }: Pick<Delivery, 'kind'>): boolean {
  return kind === 'report';
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

/** By the posts that were begun: Temporal's own count also has the tries that found no slot. */
export function backOffMs(attempt: number): number {
  return Math.min(BACK_OFF_MS.max, BACK_OFF_MS.first * 2 ** (attempt - 1));
}

export function postedAs(delivery: Delivery, messageTs: string): Extract<PostResult, { kind: 'posted' }> {
  return { kind: 'posted', messageTs, threadPosts: delivery.kind === 'report' ? delivery.threadPosts : 0 };
}
