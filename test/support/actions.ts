import type { Client } from '@temporalio/client';

type Event = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

/**
 * The Actions that Temporal Cloud bills for what a history holds: https://docs.temporal.io/evaluate/cloud/actions.
 * Heartbeats are billed, too, but are in no history.
 */
export async function billedActions(client: Client, workflowId: string): Promise<number> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const markers = new Set<string>();
  return (events ?? []).reduce((sum, event) => sum + actionsOf(event, markers), 0);
}

/** The local activities of one workflow task are one action: `markers` are the tasks that have been counted. */
function actionsOf(event: Event, markers: Set<string>): number {
  const started = event.workflowExecutionStartedEventAttributes;
  // The start of a child is among the two actions of its parent; a schedule's own are two, on top of the start.
  if (started) return started.parentWorkflowExecution ? 0 : isScheduled(started) ? 3 : 1;
  if (event.startChildWorkflowExecutionInitiatedEventAttributes) return 2;
  const tried = event.activityTaskStartedEventAttributes;
  if (tried) return (tried.attempt ?? 1) - 1;
  const marker = event.markerRecordedEventAttributes;
  if (marker) {
    const task = String(marker.workflowTaskCompletedEventId);
    return markers.has(task) ? 0 : (markers.add(task), 1);
  }
  const single =
    event.activityTaskScheduledEventAttributes ??
    event.timerStartedEventAttributes ??
    event.upsertWorkflowSearchAttributesEventAttributes ??
    event.workflowExecutionSignaledEventAttributes ??
    event.workflowExecutionUpdateAcceptedEventAttributes;
  return single ? 1 : 0;
}

function isScheduled({ searchAttributes }: NonNullable<Event['workflowExecutionStartedEventAttributes']>): boolean {
  return searchAttributes?.indexedFields?.['TemporalScheduledById'] !== undefined;
}
