import { ApplicationFailure, ChildWorkflowFailure, defineQuery, isCancellation } from '@temporalio/workflow';
import type { Outcome } from '../contract/delivery.ts';
import type { DispatchProgress, Ending, Failure, RunProgress } from '../contract/dispatch.ts';

/** How a delivery can end without reaching its channel. */
export const ENDINGS = ['failed', 'parked', 'unconfirmed', 'cancelled'] as const satisfies readonly Ending[];

/** Failures named one by one in the result. */
const FAILURES_NAMED = 20;

/** Different reasons counted; what comes after them is counted together. */
const REASONS_MAX = 50;

export const progressQuery = defineQuery<RunProgress>('progress');

export function startOf(run: { nominalTime: string; due: number; late?: number; missed?: number }): DispatchProgress {
  return {
    late: 0,
    missed: 0,
    ...run,
    delivered: 0,
    skipped: 0,
    failed: 0,
    parked: 0,
    unconfirmed: 0,
    cancelled: 0,
    already: 0,
    reasons: {},
    failures: [],
  };
}

/** Counts a child that failed by how its delivery ended. */
export function countFailure(
  progress: DispatchProgress,
  delivery: { notificationId: string; channel: string },
  error: unknown,
): void {
  const { state, code } = endingOf(error);
  progress[state] += 1;
  tally(progress, `${state}: ${code}`, 1);
  name(progress, { notification: delivery.notificationId, channel: delivery.channel, state, code });
}

/** Adds what a partition of the run has done. */
export function add(progress: DispatchProgress, partition: DispatchProgress): void {
  for (const ending of ['delivered', 'skipped', 'already', ...ENDINGS] as const) progress[ending] += partition[ending];
  for (const [reason, times] of Object.entries(partition.reasons)) tally(progress, reason, times);
  for (const failure of partition.failures) name(progress, failure);
}

function tally({ reasons }: DispatchProgress, reason: string, times: number): void {
  const known = reason in reasons || Object.keys(reasons).length < REASONS_MAX ? reason : 'other';
  reasons[known] = (reasons[known] ?? 0) + times;
}

function name(progress: DispatchProgress, failure: Failure): void {
  if (progress.failures.length < FAILURES_NAMED) progress.failures.push(failure);
}

function endingOf(error: unknown): { state: Ending; code: string } {
  if (isCancellation(error)) return { state: 'cancelled', code: 'cancelled' };
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return { state: 'failed', code: 'failed' };
  const outcome = cause.details?.[0] as Outcome | undefined;
  const state = ENDINGS.find((ending) => ending === outcome?.state) ?? 'failed';
  return { state, code: cause.type ?? 'failed' };
}
