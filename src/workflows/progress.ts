import { ApplicationFailure, ChildWorkflowFailure, defineQuery, isCancellation } from '@temporalio/workflow';

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
  /** Slack refused the message, or the report could not be made. */
  failed: number;
  /** Waiting for somebody to mend the channel or the workspace; `resume` sends them. */
  parked: number;
  /** Slack may have them; a person has to look. */
  unconfirmed: number;
  cancelled: number;
  /** Left to another run that was delivering the same occurrence. */
  already: number;
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
const ENDINGS = ['failed', 'parked', 'unconfirmed', 'cancelled'] as const;
type Ending = (typeof ENDINGS)[number];

/** Failures named one by one in the result. */
const FAILURES_NAMED = 20;

export const progressQuery = defineQuery<DispatchProgress>('progress');

export function startOf(run: { nominalTime: string; due: number; late?: number; missed?: number }): DispatchProgress {
  return {
    late: 0,
    missed: 0,
    ...run,
    delivered: 0,
    failed: 0,
    parked: 0,
    unconfirmed: 0,
    cancelled: 0,
    already: 0,
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
  name(progress, { notification: delivery.notificationId, channel: delivery.channel, state, code });
}

/** Adds what a part of the run has done. */
export function add(progress: DispatchProgress, part: DispatchProgress): void {
  for (const count of ['delivered', 'already', ...ENDINGS] as const) progress[count] += part[count];
  for (const failure of part.failures) name(progress, failure);
}

/** Markdown for the Web UI, while the run is under way. */
export function describe({ due, late, missed, delivered, already, failures, ...counts }: DispatchProgress): string {
  const endings = ENDINGS.map((state) => `${counts[state]} ${state}`).join(', ');
  const others = [
    already > 0 ? `, ${already} left to another run` : '',
    late > 0 ? `, ${late} of them late` : '',
    missed > 0 ? `; ${missed} missed: nothing was running when they were due` : '',
  ].join('');
  const lines = failures.map(
    ({ notification, channel, state, code }) => `- ${notification} → ${channel}: ${state}, ${code}`,
  );
  return [`${delivered} of ${due} delivered, ${endings}${others}`, ...lines].join('\n');
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
