import {
  ApplicationFailure,
  ChildWorkflowFailure,
  defineQuery,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Outcome } from '../contract/delivery.ts';
import {
  COUNTED_AS,
  countName,
  type DispatchProgress,
  type Ending,
  type Failure,
  type RunProgress,
} from '../contract/dispatch.ts';

/** What is counted for deliveries that did not reach their channel. */
const ENDINGS = Object.values(COUNTED_AS);

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
    tooLate: 0,
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
  progress[COUNTED_AS[state]] += 1;
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
  const state = isEnding(outcome?.state) ? outcome.state : 'failed';
  return { state, code: cause.type ?? 'failed' };
}

function isEnding(state: string | undefined): state is Ending {
  return state !== undefined && Object.hasOwn(COUNTED_AS, state);
}

/** What the Web UI shows of a run under way, in Markdown; far below the 20,000 bytes that Temporal takes. */
export function showInWebUi(progress: RunProgress): void {
  const { due, late, missed, delivered, skipped, already, failures, reasons, oldest, paused, concurrency, partitions } =
    progress;
  const endings = ENDINGS.map((count) => `${progress[count]} ${countName(count)}`).join(', ');
  const nothing = skipped > 0 ? `, ${skipped} skipped` : '';
  const others = already > 0 ? `, ${already} left to another run` : '';
  const tardy = late > 0 ? `, ${late} of them late` : '';
  const lost = missed > 0 ? `; ${missed} missed: found too late, or replaced by a newer one` : '';
  const state = paused ? '**Paused**: no further delivery starts' : `At most ${concurrency} under way at once`;
  const named = failures.map((failure) => {
    const { notification, channel, state: ending, code } = failure;
    return `- ${notification} → ${channel}: ${ending}, ${code}`;
  });
  const lines = [
    `**${delivered} of ${due} delivered**, ${endings}${nothing}${others}${tardy}${lost}; ${rateOf(progress)}`,
    state,
    oldest === undefined
      ? ''
      : `Oldest under way: ${oldest.notification} → ${oldest.channel}, planned for ${oldest.slot}`,
    partitions === undefined ? '' : `Partitions under way: ${partitions.length}; each is counted when it has ended`,
    section(
      'Not delivered, by reason',
      Object.entries(reasons).map(([reason, count]) => `- ${reason}: ${count}`),
    ),
    section('The first of them', named),
  ];
  setCurrentDetails(lines.filter((line) => line !== '').join('\n\n'));
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`${title}:`, '', ...lines].join('\n');
}

/** Since the run was started; the clock is the workflow's own. */
function rateOf(progress: RunProgress): string {
  const ended = ENDINGS.reduce((sum, state) => sum + progress[state], progress.delivered + progress.skipped);
  const seconds = (Date.now() - workflowInfo().startTime.getTime()) / 1_000;
  return seconds < 1 ? 'just begun' : `${(ended / seconds).toFixed(1)} a second`;
}
