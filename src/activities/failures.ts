import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { Delivery } from '../store/ledger.ts';

/** Tried again by Temporal, and not before `ms` milliseconds have passed. Part of the plan, so no warning in the log. */
export function retryIn(ms: number, type: string, message: string): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ message, type, category, nextRetryDelay: Math.max(1, Math.ceil(ms)) });
}

/** Not tried again; the message names the notification and its channel. */
export function final(delivery: Delivery, { code, message }: { code: string; message: string }): ApplicationFailure {
  const where = `${delivery.name} → ${delivery.channel_name ?? delivery.channel}`;
  return ApplicationFailure.nonRetryable(`${where}: ${message}`, code);
}
