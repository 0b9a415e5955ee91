import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import type { Control, DispatchInput, DispatchProgress, DispatchState } from '../contract/dispatch.ts';
import type { Selection } from '../domain/selection.ts';
import { handleControlUpdates } from './controls.ts';
import { deliverInPartitions } from './deliver-in-partitions.ts';
import { deliverPartition } from './partition.ts';
import { finishRun } from './finish-run.ts';
import { PARTITION_SIZE, whole } from './partitioning.ts';
import { progressQuery, startOf } from './progress.ts';

const { slackReportsClaimDue: claimDue } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  summary: 'Claim what is due',
});
const { slackReportsCancelRest: cancelRest } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  summary: 'Cancel what has not started',
});

/**
 * A run, `slackReportsDispatch`: claims everything due in the ledger, then starts one child for each delivery and waits for them; a
 * large run through partitions. A child that fails is counted, and stops neither its siblings nor the run. Schedules, `startRun`
 * and the commands start it; your workflow file only exports it.
 * @example export * from 'slack-reports/workflows';
 */
export async function dispatch(input: DispatchInput = {}): Promise<DispatchProgress> {
  const { workflowId: dispatchId } = workflowInfo();
  const control = input.carryOver?.control ?? { paused: false, concurrency: 0 };
  const onControlChange = handleControlUpdates(control);
  try {
    const state = input.carryOver ?? (await claim(dispatchId, input, control));
    const { due } = state.progress;
    if (due <= PARTITION_SIZE) {
      await deliverPartition({ dispatchId, partition: whole(due), ...state }, onControlChange);
    } else {
      const first = input.carryOver?.nextPartition ?? 0;
      const nextPartition = await deliverInPartitions(dispatchId, state, onControlChange, first);
      if (nextPartition !== undefined) {
        return await continueAsNew<typeof dispatch>({ ...input, carryOver: { ...state, nextPartition } });
      }
    }
    await finishRun(dispatchId, state);
    return state.progress;
  } catch (error) {
    // What no child had begun is cancelled too, so that the ledger says so, and no later run takes it up.
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => cancelRest({ dispatchId }));
    throw error;
  }
}

async function claim(dispatchId: string, input: DispatchInput, control: Control): Promise<DispatchState> {
  const { key, spreadWindowS, catchUpWindowS } = input;
  const startedAt = workflowInfo().startTime.toISOString();
  const nominalTime = input.nominalTime ?? scheduledStart() ?? startedAt;
  const selection = input.selection ?? tickOfSchedule();
  const request = { dispatchId, nominalTime, startedAt, selection, key, spreadWindowS, catchUpWindowS };
  const nothingYet = { ...startOf({ nominalTime, due: 0 }), ...control };
  setHandler(progressQuery, () => ({ ...nothingYet, claiming: true }));
  const { concurrency, searchable, fastPath, after, ...found } = await claimDue(request).catch((error: unknown) => {
    setHandler(progressQuery, () => nothingYet);
    throw error;
  });
  // An update may have set it meanwhile.
  if (control.concurrency === 0) control.concurrency = concurrency;
  const schedule = selection.kind === 'due' ? selection.schedule : null;
  const progress = startOf({ nominalTime, ...found });
  return {
    claimedConcurrency: concurrency,
    control,
    progress,
    ...(searchable && { searchable: { schedule } }),
    ...(fastPath && { fastPath }),
    ...(after !== undefined && { after }),
  };
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
