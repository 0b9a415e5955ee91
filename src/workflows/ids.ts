/** Workflow id of a delivery: the occurrence's own, so that two runs that mean the same one start it once. */
export function deliverWorkflowId(delivery: { notificationId: string; occurrence: string }): string {
  return `deliver/${delivery.notificationId}/${delivery.occurrence}`;
}

/** What a schedule's runs are called; Temporal appends the nominal time. */
export function scheduledWorkflowId(scheduleId: string): string {
  return `dispatch/${scheduleId}`;
}

/** Posts have a task queue of their own, so that a backlog at Slack holds up neither workflows nor reports. */
export function postingQueue(taskQueue: string): string {
  return `${taskQueue}-posting`;
}

/** Workflow id of the n-th part of a large run, counted from 0. */
export function partWorkflowId(runId: string, n: number): string {
  return `${runId}/part-${n + 1}`;
}

/** What a workflow is about, read from its id: the run of a dispatch, or the notification and occurrence of a delivery. */
export function subjectOf(workflowId: string): { run: string } | { notification: string; occurrence: string } {
  const delivery = /^deliver\/([^/]+)\/(.+)$/.exec(workflowId);
  if (delivery === null) return { run: workflowId.replace(/\/part-\d+$/, '') };
  return { notification: delivery[1] ?? '', occurrence: delivery[2] ?? '' };
}
