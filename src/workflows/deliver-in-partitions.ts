import {
  allHandlersFinished,
  CancellationScope,
  condition,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Control, DispatchState, Partition, RunProgress } from '../contract/dispatch.ts';
import { controlSignal, type OnControlChange } from './controls.ts';
import { partitionWorkflowId } from '../contract/ids.ts';
import { WORKFLOWS } from '../contract/names.ts';
import type { partition } from './partition.ts';
import {
  concurrencyOfPartition,
  livePartitions,
  livePartitionsAt,
  partitionAt,
  partitionCount,
  sizeOf,
} from './partitioning.ts';
import { add, progressQuery, showInWebUi, startOf } from './progress.ts';
import { slidingWindow } from './sliding-window.ts';

/** The partitions under way, by workflow id, with what sends each its control. */
type Live = Map<string, () => Promise<void>>;

/**
 * Delivers a large run through partitions, from the `first` on. Returns undefined when all are done, and the partition to go
 * on with where the history has grown long; then nothing is under way, so that no partition is orphaned or forgotten.
 */
export async function deliverInPartitions(
  dispatchId: string,
  state: DispatchState,
  onControlChange: OnControlChange,
  first: number,
): Promise<number | undefined> {
  const { control, progress } = state;
  const live: Live = new Map();
  const now = (): RunProgress => ({ ...progress, ...control, partitions: [...live.keys()] });
  setHandler(progressQuery, now);
  onControlChange(() => {
    showInWebUi(now());
    return sendControl(live);
  });
  const partitions = livePartitions(state.claimedConcurrency);
  const count = partitionCount(progress.due, partitions);
  let next = first;
  const mayGoOn = () => next < count && !workflowInfo().continueAsNewSuggested;
  await slidingWindow(
    { isEmpty: () => !mayGoOn(), isReady: mayGoOn, take: () => next++ },
    () => (control.paused ? 0 : livePartitionsAt(control.concurrency, partitions)),
    async (n) => {
      const range = partitionAt(n, progress.due, partitions);
      const controlNow = () => controlOfPartition(control, partitions);
      if (sizeOf(range) > 0) await deliverOne({ n, range, controlNow }, { dispatchId, state, live });
      showInWebUi(now());
    },
  );
  // An update is answered when the partitions have heard of it.
  await condition(allHandlersFinished);
  return next < count ? next : undefined;
}

/** Runs the n-th partition, and adds what it did to the progress of the run. */
async function deliverOne(
  { n, range, controlNow }: { n: number; range: Partition; controlNow: () => Control },
  { dispatchId, state, live }: { dispatchId: string; state: DispatchState; live: Live },
): Promise<void> {
  const { progress, searchable, fastPath } = state;
  const due = sizeOf(range);
  const workflowId = partitionWorkflowId(dispatchId, n);
  const given = controlNow();
  try {
    const child = await startChild<typeof partition>(WORKFLOWS.partition, {
      workflowId,
      args: [
        {
          dispatchId,
          partition: range,
          control: given,
          progress: startOf({ nominalTime: progress.nominalTime, due }),
          ...(searchable && { searchable }),
          ...(fastPath && { fastPath }),
        },
      ],
      staticSummary: `Partition ${n + 1} of the run: ${due} deliveries`,
    });
    live.set(workflowId, () => child.signal(controlSignal, controlNow()));
    // What was changed while it started.
    const now = controlNow();
    if (now.paused !== given.paused || now.concurrency !== given.concurrency) await child.signal(controlSignal, now);
    add(progress, await child.result());
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    // The partition was ended by hand: the next tick takes up what it left open.
    progress.already += due;
  } finally {
    live.delete(workflowId);
  }
}

function controlOfPartition({ paused, concurrency }: Control, partitions: number): Control {
  return { paused, concurrency: concurrencyOfPartition(concurrency, partitions) };
}

/** Sends each partition under way its control as it is now. */
async function sendControl(live: Live): Promise<void> {
  // One that has ended just now needs none any more.
  await Promise.all([...live.values()].map((send) => send().catch(() => undefined)));
}
