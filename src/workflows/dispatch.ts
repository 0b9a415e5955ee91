import { CancellationScope, continueAsNew, isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Selection } from '../contract/selection.ts';
import type { Activities } from '../activities/index.ts';
import { type Control, type Follower, obeyRun, obeyUpdates } from './control.ts';
import { deliverInParts } from './deliver-in-parts.ts';
import { deliverShare, type ShareInput } from './deliver-share.ts';
import { type DispatchProgress, startOf } from './progress.ts';
import { SHARE_SIZE, whole } from './shares.ts';

export interface DispatchInput {
  /** What the run is for. Without it: everything due on the schedule that started it. */
  selection?: Selection;
  /** The time this run stands for, ISO 8601. Without it: the schedule's nominal time, else the start of the workflow. */
  nominalTime?: string;
  /** What a run by hand is for; the same key is the same occurrence, whatever the time. */
  key?: string;
  /** Posts are spread over so many seconds after that time. */
  spreadWindowS?: number;
  /** What begins later than so many seconds after that time is recorded as missed. Without it nothing is too late. */
  catchUpWindowS?: number;
  /** Set by a run for its parts only. */
  part?: ShareInput;
  /** Set by continue-as-new only. */
  resume?: Run & { nextShare: number };
}

/** What a run knows of itself. */
export interface Run {
  /** How many children may live at once, as the worker was configured that claimed; the run was parted by it. */
  readonly maxLive: number;
  control: Control;
  progress: DispatchProgress;
  searchable?: ShareInput['searchable'];
}

const { claimDue } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  summary: 'Claim what is due',
});
const { cancelRest } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  summary: 'Cancel what was not begun',
});

/**
 * Fans out: claims everything due in the ledger, then starts one child for each delivery and waits for them; a large
 * run through parts, which are dispatches too. A child that fails is counted, and stops neither its siblings nor the run.
 */
export async function dispatch(input: DispatchInput = {}): Promise<DispatchProgress> {
  const follower: Follower = { changed: () => {} };
  if (input.part !== undefined) {
    obeyRun(input.part.control, follower);
    return deliverShare(input.part, follower);
  }
  const { workflowId: runId } = workflowInfo();
  const control: Control = input.resume?.control ?? { paused: false, maxLive: 0 };
  obeyUpdates(control, follower);
  try {
    const run = input.resume ?? (await claim(runId, input, control));
    const { due } = run.progress;
    if (due <= SHARE_SIZE) return await deliverShare({ runId, share: whole(due), ...run }, follower);
    const nextShare = await deliverInParts(runId, run, follower, input.resume?.nextShare ?? 0);
    if (nextShare === undefined) return run.progress;
    return await continueAsNew<typeof dispatch>({ ...input, resume: { ...run, nextShare } });
  } catch (error) {
    // What no child had begun is cancelled too, so that the ledger says so, and no later run takes it up.
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => cancelRest({ runId }));
    throw error;
  }
}

async function claim(runId: string, input: DispatchInput, control: Control): Promise<Run> {
  const { key, spreadWindowS, catchUpWindowS } = input;
  const startedAt = workflowInfo().startTime.toISOString();
  const nominalTime = input.nominalTime ?? scheduledStart() ?? startedAt;
  const selection = input.selection ?? tickOfSchedule();
  const request = { runId, nominalTime, startedAt, selection, key, spreadWindowS, catchUpWindowS };
  const { maxLive, searchable, ...found } = await claimDue(request);
  // Somebody may have set another pace meanwhile.
  if (control.maxLive === 0) control.maxLive = maxLive;
  const schedule = selection.kind === 'due' ? selection.schedule : null;
  const progress = startOf({ nominalTime, ...found });
  return { maxLive, control, progress, ...(searchable && { searchable: { schedule } }) };
}

// The names are the server's: https://docs.temporal.io/search-attribute#default-search-attributes
const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', SearchAttributeType.KEYWORD);

/** The schedule's nominal time: what this run stands for even when it starts late, or is a backfill. */
function scheduledStart(): string | undefined {
  return workflowInfo().typedSearchAttributes.get(SCHEDULED_START)?.toISOString();
}

function tickOfSchedule(): Selection {
  return { kind: 'due', schedule: workflowInfo().typedSearchAttributes.get(SCHEDULED_BY) ?? null };
}
