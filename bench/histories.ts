import type { Client } from '@temporalio/client';
import { deliverWorkflowId } from '../src/contract/ids.ts';
import { WORKFLOWS } from '../src/contract/names.ts';

/** How large a workflow's history is, as the server counts it. */
export interface HistorySize {
  events: number;
  bytes: number;
}

export async function historySize(client: Client, workflowId: string): Promise<HistorySize> {
  const { historyLength, historySize: bytes } = await client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: bytes ?? Number.NaN };
}

/** The histories of the children of these deliveries. */
export async function childSizes(
  client: Client,
  deliveries: readonly { notificationId: string; occurrence: string }[],
): Promise<HistorySize[]> {
  return Promise.all(deliveries.map((delivery) => historySize(client, deliverWorkflowId(delivery))));
}

/** The run's own history and those of its partitions, of which a small run has none. */
export async function parentSizes(client: Client, dispatchId: string): Promise<HistorySize[]> {
  const sizes = [await historySize(client, dispatchId)];
  const query = `WorkflowType = "${WORKFLOWS.partition}" AND ParentWorkflowId = "${dispatchId}"`;
  for await (const { workflowId } of client.workflow.list({ query })) sizes.push(await historySize(client, workflowId));
  return sizes;
}
