import { Command } from '@commander-js/extra-typings';
import type { ScheduleSummary } from '@temporalio/client';
import { timesOf, timesText } from '../../../scheduling/settings.ts';
import { isWhenDue } from '../../../scheduling/due-plan.ts';
import { printRows } from '../../output/output.ts';
import { WHEN_DUE_TEXT } from './details.ts';
import { withSchedules } from './options.ts';

export function listCommand() {
  return new Command('list')
    .description('list the schedules that start runs (scheduled sends: `send list`)')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const rows = (await withSchedules((all) => all.list())).map(summaryOf);
      printRows(
        rows,
        {
          SCHEDULE: (row) => row.id,
          FIRES: (row) => row.times,
          TIMEZONE: (row) => row.timezone,
          STATE: (row) => (row.paused ? 'paused' : 'active'),
          'NEXT RUN': (row) => row.next ?? '–',
          'LAST RUN': (row) => row.last ?? '–',
          NOTE: (row) => row.note ?? '',
        },
        { json, empty: 'No schedules. Create one: slack-reports schedule create <id> --cron "0 9 * * MON-FRI"' },
      );
    });
}

function summaryOf(schedule: ScheduleSummary) {
  const times = timesOf(schedule.spec);
  return {
    id: schedule.scheduleId,
    times: isWhenDue(schedule.spec) ? WHEN_DUE_TEXT : timesText(times),
    timezone: times.timezone,
    paused: schedule.state.paused,
    note: schedule.state.note,
    next: schedule.info.nextActionTimes[0]?.toISOString(),
    last: schedule.info.recentActions.at(-1)?.takenAt.toISOString(),
  };
}
