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
