import { ApplicationFailure } from '@temporalio/activity';
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
