/** Where workers poll unless configured otherwise. */
export const TASK_QUEUE = 'slack-reports';

/** Workflow id of a delivery: the occurrence's own, so that two runs that mean the same one start it once. */
export function deliverWorkflowId(delivery: { notificationId: string; occurrence: string }): string {
  return `deliver/${delivery.notificationId}/${delivery.occurrence}`;
}

/** What a schedule's runs are called; Temporal appends the nominal time. */
export function scheduledWorkflowId(scheduleId: string): string {
  return `dispatch/${scheduleId}`;
}

/** Workflow id of the n-th partition of a large run, counted from 0. */
export function partitionWorkflowId(dispatchId: string, n: number): string {
  return `${dispatchId}/partition-${n + 1}`;
}

type Subject = { kind: 'run'; run: string } | { kind: 'delivery'; notification: string; occurrence: string };

/** What a workflow is about, read from its id: the run of a dispatch or partition, or the occurrence of a delivery. */
export function subjectOf(workflowId: string): Subject {
  const delivery = /^deliver\/([^/]+)\/(.+)$/.exec(workflowId);
  if (delivery === null) return { kind: 'run', run: workflowId.replace(/\/partition-\d+$/, '') };
  return { kind: 'delivery', notification: delivery[1] ?? '', occurrence: delivery[2] ?? '' };
}
