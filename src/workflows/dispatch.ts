import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  continueAsNew,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import type { ClaimedDelivery, Selection } from '../activities/dispatch.ts';
import { deliver, nudgeSignal } from './deliver.ts';
import { deliverWorkflowId } from './ids.ts';
import { type DispatchProgress, type Ending, progressQuery, startOf } from './progress.ts';
import { inWindow } from './window.ts';

export interface DispatchInput {
  /** What the run is for. Without it: everything due on the schedule that started it. */
  selection?: Selection;
  /** The time this run stands for, ISO 8601. Without it: the schedule's nominal time, else the start of the workflow. */
  nominalTime?: string;
  /** Set by continue-as-new only. */
  resume?: { after: string; progress: DispatchProgress };
}

/** Deliveries started by one run before it continues as new: about 5 events each, and 4,096 is what Temporal advises. */
const PAGE_SIZE = 500;
/** Live children of one run; on a small server more is slower. */
const WINDOW = 50;
/** Failures named one by one in the result; the ledger has them all. */
const FAILURES_NAMED = 20;

const { claimDue } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
});
const { nextPage, cancelRest } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

/**
 * Fans out: claims everything due in the ledger, then starts one child for each delivery and waits for them. A child
 * that fails is counted, and stops neither its siblings nor this run.
 */
export async function dispatch(input: DispatchInput = {}): Promise<DispatchProgress> {
  const { workflowId: runId } = workflowInfo();
  try {
    const progress = input.resume?.progress ?? (await claim(runId, input));
    setHandler(progressQuery, () => progress);
    const page = await nextPage({ runId, after: input.resume?.after ?? '', limit: PAGE_SIZE });
    await inWindow(page, WINDOW, (delivery) => deliverAndCount(delivery, progress));
    const last = page.at(-1);
    if (page.length < PAGE_SIZE || last === undefined) return progress;
    return await continueAsNew<typeof dispatch>({ ...input, resume: { after: last.id, progress } });
  } catch (error) {
    // What no child had begun is cancelled too, so that the ledger says so, and no later run takes it up.
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => cancelRest({ runId }));
    throw error;
  }
}

async function claim(runId: string, input: DispatchInput): Promise<DispatchProgress> {
  const nominalTime = input.nominalTime ?? scheduledStart() ?? workflowInfo().startTime.toISOString();
  const due = await claimDue({ runId, nominalTime, selection: input.selection ?? tickOfSchedule() });
  return startOf({ nominalTime, due });
}

async function deliverAndCount(delivery: ClaimedDelivery, progress: DispatchProgress): Promise<void> {
  try {
    await executeChild(deliver, {
      workflowId: deliverWorkflowId(delivery),
      args: [{ deliveryId: delivery.id }],
      staticSummary: summary(`${delivery.name} → ${delivery.channel}`),
    });
    progress.delivered += 1;
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) await leaveToOther(delivery, progress);
    else countFailure(delivery, error, progress);
  }
  setCurrentDetails(describe(progress));
}

/** Another run that means the same occurrence was first; it delivers, and the ledger has the outcome. */
async function leaveToOther(delivery: ClaimedDelivery, progress: DispatchProgress): Promise<void> {
  progress.already += 1;
  const other = getExternalWorkflowHandle(deliverWorkflowId(delivery));
  // It may have ended just now.
  await other.signal(nudgeSignal).catch(() => undefined);
}

function countFailure(delivery: ClaimedDelivery, error: unknown, progress: DispatchProgress): void {
  const { state, code } = endingOf(error);
  progress[state] += 1;
  if (progress.failures.length >= FAILURES_NAMED) return;
  progress.failures.push({ notification: delivery.notificationId, channel: delivery.channel, state, code });
}

function endingOf(error: unknown): { state: Ending; code: string } {
  if (isCancellation(error)) return { state: 'cancelled', code: 'cancelled' };
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return { state: 'failed', code: 'failed' };
  const ended = cause.details?.[0] as { state?: Ending } | undefined;
  return { state: ended?.state ?? 'failed', code: cause.type ?? 'failed' };
}

// The names are the server's: https://docs.temporal.io/search-attribute#default-search-attributes
const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', SearchAttributeType.KEYWORD);

/** The schedule's nominal time: what this run stands for even when it starts late, or is a backfill. */
function scheduledStart(): string | undefined {
  return workflowInfo().typedSearchAttributes.get(SCHEDULED_START)?.toISOString();
}

function tickOfSchedule(): Selection {
  const schedule = workflowInfo().typedSearchAttributes.get(SCHEDULED_BY);
  return { schedule: schedule ?? null };
}

/** Temporal takes 400 bytes (`limit.userMetadataSummarySize`); three bytes a character is the worst that fits a name. */
function summary(text: string): string {
  return text.slice(0, 130);
}

/** Markdown for the Web UI, while the run is under way. */
function describe(progress: DispatchProgress): string {
  const { due, delivered, failed, parked, unconfirmed, already, failures } = progress;
  const counts = `${delivered} of ${due} delivered, ${failed} failed, ${parked} parked, ${unconfirmed} unconfirmed`;
  const others = already > 0 ? `, ${already} left to another run` : '';
  return [counts + others, ...failures.map((f) => `- ${f.notification} → ${f.channel}: ${f.state}, ${f.code}`)].join(
    '\n',
  );
}
