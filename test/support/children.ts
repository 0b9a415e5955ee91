import type { Client } from '@temporalio/client';

/** Workflow ids of a workflow's children under way. Empty also while the workflow isn't there yet. */
export async function liveChildren(client: Client, parent: string): Promise<string[]> {
  const description = await client.workflow
    .getHandle(parent)
    .describe()
    .catch(() => undefined);
  return (description?.raw.pendingChildren ?? []).map(({ workflowId }) => workflowId ?? '');
}
