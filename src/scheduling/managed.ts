import { WORKFLOWS } from '../contract/names.ts';
import type { ScheduleDescription, ScheduleSummary } from '@temporalio/client';

/** The schedule that may fire when something is due. It has one name, so that finding it takes one call. */
export const TICK = 'tick';
/** Prefix of the ids of one-off schedules, which `send` manages. */
export const SEND_PREFIX = 'send/';

/** True for a schedule that starts our workflow and is no one-off. A list has no task queue to check, too. */
export function startsRuns({ scheduleId, action }: Pick<ScheduleSummary, 'scheduleId' | 'action'>): boolean {
  return action?.workflowType === WORKFLOWS.dispatch && !scheduleId.startsWith(SEND_PREFIX);
}

/** True for a schedule that `update` and `apply` may change. */
export function isManaged(schedule: ScheduleDescription, taskQueue: string): boolean {
  return startsRuns(schedule) && schedule.action.taskQueue === taskQueue;
}
