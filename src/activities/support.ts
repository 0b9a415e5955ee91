import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import type { WebClient } from '@slack/web-api';
import type { Outcome } from '../contract/delivery.ts';
import type { Delivery, DeliveryError, DeliveryState } from '../domain/delivery.ts';
import type { SlackClients } from '../slack/client.ts';
import { type Refused, VAULT_RETRY_MS } from '../slack/errors.ts';
import { TokenError } from '../slack/tokens.ts';
import type { Work } from '../store/ledger/work.ts';

/**
 * How long a report is worth posting after its time, in milliseconds, as for the attempts of one `postMessage`: a delivery that
 * comes back for a slot begins with new ones each time.
 */
export const WORTH_POSTING_MS = 6 * 3_600_000;

/** Tried again by Temporal, and not before `ms` milliseconds have passed. Part of the plan, so no warning in the log. */
export function retryIn(ms: number, type: string, message: string): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ message, type, category, nextRetryDelay: Math.max(1, Math.ceil(ms)) });
}

/**
 * Not tried again, and the ledger has it: `state` is how it ended there. The message names the notification and its
 * channel.
 */
export function final(delivery: Delivery, state: DeliveryState, { code, message }: DeliveryError): ApplicationFailure {
  const where = `${delivery.name} → ${delivery.channelName ?? delivery.channel}`;
  const outcome: Outcome = { state, code, message: `${where}: ${message}` };
  return ApplicationFailure.nonRetryable(outcome.message, code, outcome);
}

/**
 * Waits for `work` as long as the attempt is wanted: gives it up when the activity is cancelled, and when its worker ends, so
 * that another worker tries again.
 */
export async function whileWanted<Result>(work: Promise<Result>): Promise<Result> {
  const unwanted = Context.current().cancelled.catch((error: unknown) => {
    if (!(error instanceof CancelledFailure) || error.message !== 'WORKER_SHUTDOWN') throw error;
    throw retryIn(0, 'worker_ended', 'Its worker has ended');
  });
  return Promise.race([work, unwanted]);
}

/**
 * Two in the shortest heartbeat time-out of the workflows, in milliseconds, and longer than a delivery waits for its slot in its
 * activity, so that such a wait sends none.
 */
const BEAT_MS = 8_000;

/**
 * Tells Temporal while `work` lasts that this attempt is alive, so that a killed worker is noticed soon. Work that lets no
 * timer through calls `beat` as often as it can. The SDK sends the first beat at once, and Temporal Cloud bills each that
 * is sent, so short work sends none. With `step`, the Web UI shows what the work is at.
 */
export async function withHeartbeat<Result>(
  work: (beat: () => void) => Promise<Result>,
  step?: { now: string },
): Promise<Result> {
  const { heartbeat } = Context.current();
  let last = Date.now();
  const beat = () => {
    if (Date.now() - last < BEAT_MS) return;
    last = Date.now();
    heartbeat(step?.now);
  };
  const timer = setInterval(() => heartbeat(step?.now), BEAT_MS);
  try {
    return await work(beat);
  } finally {
    clearInterval(timer);
  }
}

/** For the workspace of a delivery. `refused` records why there is no token; a vault that cannot be asked is asked again later. */
export async function clientFor(
  slack: SlackClients,
  { delivery, workspace }: Work,
  refused: (failure: Refused) => Promise<never>,
): Promise<WebClient> {
  try {
    if (workspace === undefined) throw new TokenError('unknown_workspace', `No workspace "${delivery.workspaceId}"`);
    return await slack.of(workspace);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const { code, message } = error;
    if (code === 'token_unavailable') throw retryIn(VAULT_RETRY_MS, code, message);
    return refused({ kind: 'refused', scope: 'workspace', code, message });
  }
}

/** Waits at most this long for the work, in milliseconds; it goes on after that. */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  await Promise.race([work, sleep(ms, undefined, { signal: ended.signal })]);
  ended.abort();
}
