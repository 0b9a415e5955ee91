import { type ScheduleDescription, type ScheduleHandle, ScheduleOverlapPolicy } from '@temporalio/client';
import { UserError } from '../errors.ts';
import { until, WaitedTooLong } from '../lib/until.ts';

/** How long the server may take to show the run that a trigger started, and the time between looks, in milliseconds. */
const DEADLINE_MS = 10_000;
const LOOK_MS = 100;

/** Triggers a schedule and returns the workflow id of the run that this started. */
export async function triggerRun(handle: ScheduleHandle): Promise<string> {
  const known = new Set(startedBy(await handle.describe()));
  await handle.trigger(ScheduleOverlapPolicy.ALLOW_ALL);
  const look = async () => startedBy(await handle.describe()).find((workflowId) => !known.has(workflowId));
  try {
    return await until(look, { what: 'the run', deadlineMs: DEADLINE_MS, everyMs: LOOK_MS });
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error;
    throw new UserError(
      'trigger_not_seen',
      `Schedule "${handle.scheduleId}" was triggered, but its run has not shown up`,
      {
        hint: `Look at it with \`slack-reports schedule describe ${handle.scheduleId}\`; two triggers in one second start one run.`,
        exitCode: 1,
        cause: error,
      },
    );
  }
}

function startedBy(description: ScheduleDescription): string[] {
  return description.info.recentActions.map(({ action }) => action.workflow.workflowId);
}
