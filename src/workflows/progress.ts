import { ApplicationFailure, ChildWorkflowFailure, defineQuery, isCancellation } from '@temporalio/workflow';
import type { Control } from './control.ts';

/** How far a run is; when it has ended, its result. */
export interface DispatchProgress {
  /** The time the run stands for, ISO 8601 UTC. */
  nominalTime: string;
  /** Deliveries this run has to see to; each is in the ledger. */
  due: number;
  /** Of those due, the ones that go out late, because nothing was running when they came. */
  late: number;
  /** Found too late to go out; each is in the ledger. Not among those due. */
  missed: number;
  delivered: number;
  /** Their reports had nothing to say. */
  skipped: number;
  /** Slack refused the message, or the report could not be made. */
  failed: number;
  /** Waiting for somebody to mend the channel or the workspace; `resume` sends them. */
  parked: number;
  /** Slack may have them; a person has to look. */
  unconfirmed: number;
  cancelled: number;
  /** Left to another run that was delivering the same occurrence. */
  already: number;
  /** How many did not arrive, by state and error code: `parked: is_archived`. */
  reasons: Record<string, number>;
  /** The first that did not arrive, by name; the ledger has them all. */
  failures: Failure[];
}

interface Failure {
  notification: string;
  channel: string;
  state: Ending;
  code: string;
}

/** How a delivery can end without reaching its channel. */
export const ENDINGS = ['failed', 'parked', 'unconfirmed', 'cancelled'] as const;
type Ending = (typeof ENDINGS)[number];

/** Failures named one by one in the result. */
const FAILURES_NAMED = 20;

/** Different reasons counted; what comes after them is counted together. */
const REASONS_MAX = 50;

/** How far a run is, and what holds it back. */
export interface RunProgress extends DispatchProgress, Control {
  /** The delivery under way whose slot came first; undefined where none is under way here, but in the parts of the run. */
  oldest?: { notification: string; channel: string; slot: string } | undefined;
  /** Workflow ids of the parts under way. */
  parts?: string[];
}

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

/** Adds what a part of the run has done. */
export function add(progress: DispatchProgress, part: DispatchProgress): void {
  for (const ending of ['delivered', 'skipped', 'already', ...ENDINGS] as const) progress[ending] += part[ending];
  for (const [reason, times] of Object.entries(part.reasons)) tally(progress, reason, times);
  for (const failure of part.failures) name(progress, failure);
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
  const ended = cause.details?.[0] as { state?: Ending } | undefined;
  return { state: ended?.state ?? 'failed', code: cause.type ?? 'failed' };
}
