import {
  CancellationScope,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ClaimedDelivery, Share } from '../activities/dispatch.ts';
import type { Activities } from '../activities/index.ts';
import { deliver, nudgeSignal } from './deliver.ts';
import { deliverWorkflowId } from './ids.ts';
import { countFailure, describe, type DispatchProgress, progressQuery } from './progress.ts';
import { inWindow } from './window.ts';

export interface ShareInput {
  /** Workflow id of the run. */
  runId: string;
  share: Share;
  /** Live children at once. */
  window: number;
  progress: DispatchProgress;
}

const { shareOf } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

/** Starts one child for each delivery of the share, a window of them at a time, and counts how they end. */
export async function deliverShare({ runId, share, window, progress }: ShareInput): Promise<DispatchProgress> {
  setHandler(progressQuery, () => progress);
  const deliveries = await shareOf({ runId, share });
  await inWindow(deliveries, window, (delivery) => deliverAndCount(delivery, progress));
  return progress;
}

async function deliverAndCount(delivery: ClaimedDelivery, progress: DispatchProgress): Promise<void> {
  try {
    const result = await executeChild(deliver, {
      workflowId: deliverWorkflowId(delivery),
      args: [{ deliveryId: delivery.id, notBefore: delivery.notBefore }],
      staticSummary: summary(`${delivery.name} → ${delivery.channel}`),
    });
    progress['skipped' in result ? 'skipped' : 'delivered'] += 1;
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) await leaveToOther(delivery, progress);
    else countFailure(progress, delivery, error);
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

/** Temporal takes 400 bytes (`limit.userMetadataSummarySize`); three bytes a character is the worst that fits a name. */
function summary(text: string): string {
  return text.slice(0, 130);
}
