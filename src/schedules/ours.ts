import type { ScheduleDescription, ScheduleSummary } from '@temporalio/client';

/** What our schedules start. */
export const WORKFLOW = 'dispatch';
/** What the ids of the schedules of one-offs begin with, which `send` manages. */
export const SEND_PREFIX = 'send/';

/** Of a list, which does not tell the task queue: a schedule that starts our workflow, and is no one-off. */
export function startsRuns({ scheduleId, action }: Pick<ScheduleSummary, 'scheduleId' | 'action'>): boolean {
  return action?.workflowType === WORKFLOW && !scheduleId.startsWith(SEND_PREFIX);
}

/** What `update` and `apply` may touch. */
export function isOurs(schedule: ScheduleDescription, taskQueue: string): boolean {
  return startsRuns(schedule) && schedule.action.taskQueue === taskQueue;
}
