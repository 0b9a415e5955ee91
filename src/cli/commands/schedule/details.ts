import type { ScheduleDescription } from '@temporalio/client';
import { optionName, settingsOf, settingTexts } from '../../../scheduling/settings.ts';

/** In place of the planned times, which the next fires show. */
export const WHEN_DUE_TEXT = 'when something is due, and at each full hour';

/** Everything about one schedule. */
export function detailsOf(schedule: ScheduleDescription) {
  const { state, info, action } = schedule;
  const { input, ...settings } = settingTexts(settingsOf(schedule));
  const { whenDue, cron, timezone, ...others } = settings;
  return {
    id: schedule.scheduleId,
    cron: whenDue === 'yes' ? WHEN_DUE_TEXT : cron,
    timezone,
    state: state.paused ? 'paused' : 'active',
    note: state.note ?? '',
    remainingRuns: remainingText(schedule),
    ...others,
    starts: `${action.workflowType} on ${action.taskQueue}${input === 'none' ? '' : ` with ${input}`}`,
    runs: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    skippedByOverlap: info.numActionsSkippedOverlap,
    next: nextOf(schedule),
    recent: info.recentActions.map(
      ({ takenAt, action: { workflow } }) => `${takenAt.toISOString()}  ${workflow.workflowId}`,
    ),
  };
}

export function printDetails(details: ReturnType<typeof detailsOf>): void {
  for (const [key, value] of Object.entries(details)) {
    const label = `${optionName(key).replaceAll('-', ' ')}:`;
    const text = Array.isArray(value) ? value.join('\n'.padEnd(20)) : String(value);
    console.log(`${label.padEnd(19)}${text === '' ? '–' : text}`);
  }
}

export function nextOf({ info }: ScheduleDescription): string[] {
  return info.nextActionTimes.slice(0, 5).map((time) => time.toISOString());
}

export function remainingText({ state }: ScheduleDescription): string {
  return state.remainingActions === undefined ? 'no limit' : String(state.remainingActions);
}
