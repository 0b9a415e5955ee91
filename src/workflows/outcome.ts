import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Outcome } from '../contract/delivery.ts';

const { slackReportsRecordOutcome: recordOutcome } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  summary: 'Write its outcome into the ledger',
});

/**
 * The outcome that the ledger has after an activity failed. Where the activity wrote it itself it must not be written again:
 * the delivery may have been resumed meanwhile.
 */
export async function outcomeAfter(error: unknown, deliveryId: string): Promise<Outcome> {
  const written = writtenOutcome(error);
  if (written !== undefined) return written;
  const request = { deliveryId, ...reasonOf(error), cancelled: wasCancelled(error) };
  return CancellationScope.nonCancellable(() => recordOutcome(request));
}

/** After a cancellation the server retries nothing, so an attempt that failed in its own way was cancelled, too. */
export function wasCancelled(error: unknown): boolean {
  if (writtenOutcome(error) !== undefined) return false;
  return isCancellation(error) || CancellationScope.current().consideredCancelled;
}

function writtenOutcome(error: unknown): Outcome | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as Outcome | undefined) : undefined;
}

/** Why an activity did not do what it was asked, for the ledger. */
export function reasonOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (isCancellation(error)) return { code: 'cancelled', message: 'Cancelled before it was posted' };
  if (wasCancelled(error)) return { code: 'cancelled', message: `Cancelled. Its last attempt: ${messageIn(cause)}` };
  if (cause instanceof ApplicationFailure) return { code: cause.type ?? 'failed', message: cause.message };
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause instanceof ApplicationFailure ? ` (${cause.cause.message})` : '';
    return { code: 'gave_up', message: `Given up after trying for too long${last}` };
  }
  return { code: 'failed', message: messageIn(cause) };
}

function messageIn(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
