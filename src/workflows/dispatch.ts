import {
  CancellationScope,
  continueAsNew,
  executeChild,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Selection } from '../activities/dispatch.ts';
import type { Activities } from '../activities/index.ts';
import { deliverShare, type ShareInput } from './deliver-share.ts';
import { add, describe, type DispatchProgress, progressQuery, startOf } from './progress.ts';
import { SHARE_SIZE, shareAt, shareCount, sizeOf, split, whole } from './shares.ts';
import { inWindow } from './window.ts';

export interface DispatchInput {
  /** What the run is for. Without it: everything due on the schedule that started it. */
  selection?: Selection;
  /** The time this run stands for, ISO 8601. Without it: the schedule's nominal time, else the start of the workflow. */
  nominalTime?: string;
  /** What a run by hand is for; the same key is the same occurrence, whatever the time. */
  key?: string;
  /** Posts are spread over so many seconds after that time. */
  windowS?: number;
  /** Set by a run for its parts only. */
  part?: ShareInput;
  /** Set by continue-as-new only. */
  resume?: Run & { nextShare: number };
}

interface Run {
  /** How many children may live at once. */
  maxLive: number;
  progress: DispatchProgress;
}

const { claimDue, cancelRest } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
});

/**
 * Fans out: claims everything due in the ledger, then starts one child for each delivery and waits for them; a large
 * run through parts, which are dispatches too. A child that fails is counted, and stops neither its siblings nor the run.
 */
export async function dispatch(input: DispatchInput = {}): Promise<DispatchProgress> {
  if (input.part !== undefined) return deliverShare(input.part);
  const { workflowId: runId } = workflowInfo();
  try {
    const run = input.resume ?? (await claim(runId, input));
    const { due } = run.progress;
    if (due <= SHARE_SIZE) return await deliverShare({ runId, share: whole(due), window: run.maxLive, ...run });
    return await deliverInParts(runId, input, run);
  } catch (error) {
    // What no child had begun is cancelled too, so that the ledger says so, and no later run takes it up.
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => cancelRest({ runId }));
    throw error;
  }
}

async function claim(runId: string, { nominalTime, selection, key, windowS }: DispatchInput): Promise<Run> {
  const nominal = nominalTime ?? scheduledStart() ?? workflowInfo().startTime.toISOString();
  const startedAt = workflowInfo().startTime.toISOString();
  const request = { runId, nominalTime: nominal, startedAt, selection: selection ?? tickOfSchedule(), key, windowS };
  const { maxLive, ...found } = await claimDue(request);
  return { maxLive, progress: startOf({ nominalTime: nominal, ...found }) };
}

/** Continues as new when the history is long, with nothing under way, so that no part is orphaned or forgotten. */
async function deliverInParts(
  runId: string,
  input: DispatchInput,
  { maxLive, progress }: Run,
): Promise<DispatchProgress> {
  setHandler(progressQuery, () => progress);
  const { parts, window } = split(maxLive);
  const count = shareCount(progress.due, parts);
  let next = input.resume?.nextShare ?? 0;
  const upcoming = function* () {
    while (next < count && !workflowInfo().continueAsNewSuggested) yield next++;
  };
  await inWindow(upcoming(), parts, async (n) => {
    const share = shareAt(n, progress.due, parts);
    if (sizeOf(share) > 0) await deliverPart(n, { runId, share, window, progress });
  });
  if (next >= count) return progress;
  return continueAsNew<typeof dispatch>({ ...input, resume: { maxLive, progress, nextShare: next } });
}

async function deliverPart(n: number, { runId, share, window, progress }: ShareInput): Promise<void> {
  const due = sizeOf(share);
  const part = { runId, share, window, progress: startOf({ nominalTime: progress.nominalTime, due }) };
  try {
    const result = await executeChild(dispatch, {
      workflowId: `${runId}/part-${n + 1}`,
      args: [{ part }],
      staticSummary: `Part ${n + 1} of the run: ${due} deliveries`,
    });
    add(progress, result);
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    // Somebody ended the part by hand: the next tick takes up what it left open.
    progress.already += due;
  }
  setCurrentDetails(describe(progress));
}

// The names are the server's: https://docs.temporal.io/search-attribute#default-search-attributes
const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', SearchAttributeType.KEYWORD);

/** The schedule's nominal time: what this run stands for even when it starts late, or is a backfill. */
function scheduledStart(): string | undefined {
  return workflowInfo().typedSearchAttributes.get(SCHEDULED_START)?.toISOString();
}

function tickOfSchedule(): Selection {
  return { schedule: workflowInfo().typedSearchAttributes.get(SCHEDULED_BY) ?? null };
}
