import type { Client } from '@temporalio/client';

/** Everything a history holds, with its payloads as text: what a person with the Web UI can read. */
export async function historyText(client: Client, workflowId: string): Promise<string> {
  return asText(await client.workflow.getHandle(workflowId).fetchHistory());
}

/** An answer of Temporal's, with its payloads as text. */
export function asText(answer: unknown): string {
  return JSON.stringify(answer, (key, value: unknown) =>
    (key === 'data' || key === 'encoding') && typeof value === 'string'
      ? Buffer.from(value, 'base64').toString('utf8')
      : value,
  );
}
