import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { Outcome } from '../contract/delivery.ts';
import type { Delivery, DeliveryError, DeliveryState } from '../domain/delivery.ts';

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

/** Several in the shortest heartbeat time-out of the workflows, in milliseconds; the SDK sends only what is needed. */
const BEAT_MS = 5_000;

/**
 * Tells Temporal while `work` lasts that this attempt is alive, so that a killed worker is noticed soon. Work that lets no
 * timer through calls `beat` as often as it can. The SDK sends the first beat at once, and Temporal Cloud bills each that
 * is sent, so short work sends none.
 */
export async function withHeartbeat<Result>(work: (beat: () => void) => Promise<Result>): Promise<Result> {
  const { heartbeat } = Context.current();
  let last = Date.now();
  const beat = () => {
    if (Date.now() - last < BEAT_MS) return;
    last = Date.now();
    heartbeat();
  };
  const timer = setInterval(() => heartbeat(), BEAT_MS);
  try {
    return await work(beat);
  } finally {
    clearInterval(timer);
  }
}
