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

/** What Temporal did for a workflow: all its events, and the attempts of its activities, failed ones included. */
export async function eventsOf(client: Client, workflowId: string, runId?: string) {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const started = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes ?? []);
  return {
    count: events?.length ?? 0,
    timers: (events ?? []).filter((event) => event.timerStartedEventAttributes).length,
    attempts: started.reduce((sum, { attempt }) => sum + (attempt ?? 1), 0),
  };
}

/** The same for each execution of a workflow id, the newest first. */
export async function executionsOf(client: Client, workflowId: string) {
  const found = [];
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) found.push(runId);
  return Promise.all(found.map((runId) => eventsOf(client, workflowId, runId)));
}
