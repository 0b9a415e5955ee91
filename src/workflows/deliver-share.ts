import {
  CancellationScope,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ClaimedDelivery, Share } from '../activities/dispatch.ts';
import type { Activities } from '../activities/index.ts';
import type { Control, Follower } from './control.ts';
import { deliver, nudgeSignal } from './deliver.ts';
import { tell } from './details.ts';
import { deliverWorkflowId } from './ids.ts';
import { countFailure, type DispatchProgress, progressQuery, type RunProgress } from './progress.ts';
import { attributesOf } from './search-attributes.ts';
import { summary } from './summary.ts';
import { inWindow } from './window.ts';

export interface ShareInput {
  /** Workflow id of the run. */
  runId: string;
  share: Share;
  control: Control;
  progress: DispatchProgress;
  /** The server knows our search attributes; with the schedule that started the run, or null. */
  searchable?: { schedule: string | null } | undefined;
}

const { shareOf } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  summary: 'What is to be delivered',
});

/** Starts one child for each delivery of the share, a window of them at a time, and counts how they end. */
export async function deliverShare(input: ShareInput, follower: Follower): Promise<DispatchProgress> {
  const { runId, share, control, progress } = input;
  const underWay = new Set<ClaimedDelivery>();
  const now = (): RunProgress => ({ ...progress, ...control, oldest: oldestOf(underWay) });
  setHandler(progressQuery, now);
  follower.changed = () => tell(now());
  // Most ticks find nothing due; each activity saved is one billed action less a minute.
  const deliveries = progress.due === 0 ? [] : await shareOf({ runId, share });
  await inWindow(
    deliveries,
    () => (control.paused ? 0 : control.maxLive),
    async (delivery) => {
      underWay.add(delivery);
      await deliverAndCount(delivery, input).finally(() => underWay.delete(delivery));
      tell(now());
    },
  );
  return progress;
}

/** Deliveries begin in the order of their slots. */
function oldestOf([first]: Iterable<ClaimedDelivery>): RunProgress['oldest'] {
  if (first === undefined) return undefined;
  return { notification: first.notificationId, channel: first.channel, slot: first.notBefore };
}

async function deliverAndCount(delivery: ClaimedDelivery, { progress, searchable }: ShareInput): Promise<void> {
  const { report, channel } = delivery;
  const attributes = searchable && { typedSearchAttributes: attributesOf(delivery, searchable.schedule) };
  try {
    const result = await executeChild(deliver, {
      workflowId: deliverWorkflowId(delivery),
      args: [{ deliveryId: delivery.id, notBefore: delivery.notBefore, about: { report, channel } }],
      staticSummary: summary(`${delivery.name} → ${channel}`),
      ...attributes,
    });
    progress['skipped' in result ? 'skipped' : 'delivered'] += 1;
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) await leaveToOther(delivery, progress);
    else countFailure(progress, delivery, error);
  }
}

/** Another run that means the same occurrence was first; it delivers, and the ledger has the outcome. */
async function leaveToOther(delivery: ClaimedDelivery, progress: DispatchProgress): Promise<void> {
  progress.already += 1;
  const other = getExternalWorkflowHandle(deliverWorkflowId(delivery));
  // It may have ended just now.
  await other.signal(nudgeSignal).catch(() => undefined);
}
