import {
  CancellationScope,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import type { DeliverResult } from '../contract/delivery.ts';
import type { ClaimedDelivery, DispatchProgress, PartitionInput, RunProgress } from '../contract/dispatch.ts';
import { handleControlSignals, type OnControlChange } from './controls.ts';
import { type deliver, nudgeSignal } from './deliver.ts';
import { deliverWorkflowId } from '../contract/ids.ts';
import { WORKFLOWS } from '../contract/names.ts';
import { countFailure, progressQuery, showInWebUi } from './progress.ts';
import { attributesOf } from '../contract/search-attributes.ts';
import { type Agenda, agendaOf } from './agenda.ts';
import { slidingWindow } from './sliding-window.ts';
import { summary } from './summary.ts';

const { slackReportsListPartition: listPartition } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  summary: 'List what is to be delivered',
});

/**
 * A partition of a large run, `slackReportsPartition`: a child of it that starts the deliveries of its part.
 * @example export * from 'slack-reports/workflows';
 */
export async function partition(input: PartitionInput): Promise<DispatchProgress> {
  return deliverPartition(input, handleControlSignals(input.control));
}

/**
 * Starts one child for each delivery of the partition when its slot comes, a sliding window of them at a time, and counts how
 * they end.
 */
export async function deliverPartition(
  input: PartitionInput,
  onControlChange: OnControlChange,
): Promise<DispatchProgress> {
  const { dispatchId, control, progress } = input;
  const underWay = new Set<ClaimedDelivery>();
  const now = (): RunProgress => ({ ...progress, ...control, oldest: oldestOf(underWay) });
  setHandler(progressQuery, now);
  onControlChange(() => showInWebUi(now()));
  // A run that finds nothing due saves the Action.
  const deliveries = progress.due === 0 ? [] : await listPartition({ dispatchId, partition: input.partition });
  const agenda = agendaOf(deliveries);
  await slidingWindow(
    agenda,
    () => (control.paused ? 0 : control.concurrency),
    async (delivery) => {
      underWay.add(delivery);
      await deliverAndCount(delivery, agenda, input).finally(() => underWay.delete(delivery));
      showInWebUi(now());
    },
  );
  return progress;
}

/** Deliveries start in the order of their times. */
function oldestOf([first]: Iterable<ClaimedDelivery>): RunProgress['oldest'] {
  if (first === undefined) return undefined;
  return { notification: first.notificationId, channel: first.channel, slot: first.notBefore };
}

async function deliverAndCount(delivery: ClaimedDelivery, agenda: Agenda, input: PartitionInput): Promise<void> {
  const { progress } = input;
  try {
    const result = await runDelivery(delivery, input);
    if (result.kind === 'waits') agenda.putBack(delivery, result);
    else progress[result.kind] += 1;
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) await leaveToOther(delivery, progress);
    else countFailure(progress, delivery, error);
  }
}

/** The child workflow of a delivery, from its start to its end. */
export async function runDelivery(
  delivery: ClaimedDelivery,
  { searchable, fastPath }: Pick<PartitionInput, 'searchable' | 'fastPath'>,
): Promise<DeliverResult> {
  const { report, channel } = delivery;
  const attributes = searchable && { typedSearchAttributes: attributesOf(delivery, searchable.schedule) };
  return executeChild<typeof deliver>(WORKFLOWS.deliver, {
    workflowId: deliverWorkflowId(delivery),
    args: [{ deliveryId: delivery.id, about: { report, channel }, ...(fastPath && { fastPath }) }],
    staticSummary: summary(`${delivery.name} → ${channel}`),
    ...attributes,
  });
}

/** Another run that means the same occurrence was first; it delivers, and the ledger has the outcome. */
async function leaveToOther(delivery: ClaimedDelivery, progress: DispatchProgress): Promise<void> {
  progress.already += 1;
  const other = getExternalWorkflowHandle(deliverWorkflowId(delivery));
  // It may have ended just now.
  await other.signal(nudgeSignal).catch(() => undefined);
}
