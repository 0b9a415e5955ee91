import { Command } from '@commander-js/extra-typings';
import type { ScheduleDescription } from '@temporalio/client';
import { UserError } from '../../../lib/errors.ts';
import { parseSettings } from '../../../scheduling/input.ts';
import { DEFAULTS, type Difference, differences, settingsOf, settingTexts } from '../../../scheduling/settings.ts';
import { printDifferences, printJson } from '../../output/output.ts';
import { nextOf, remainingText } from './details.ts';
import {
  noteOnIntervals,
  OVERLAP_HELP,
  remainingRunsOf,
  warnOfOverlap,
  withPolicies,
  withSchedules,
  withTimes,
} from './options.ts';

const NONE_HELP = `
Other settings stay. "none" removes one: --every none, --skip none, --start none, --end none, --remaining-runs none.
A new --cron, --every or --skip replaces all old ones; --every in words replaces crons and intervals.`;

export function updateCommand() {
  return withPolicies(
    withTimes(new Command('update').description('change the named settings of a schedule').argument('<id>')),
  )
    .option('--when-due', `only for "tick": fire when an own recurrence is due, and at each full hour`)
    .option('--no-pause-on-failure', 'do not pause when a run fails')
    .option('--json', 'print JSON')
    .addHelpText('after', `${NONE_HELP}\n${OVERLAP_HELP}`)
    .action(async (id, { json, note, remainingRuns, ...options }) => {
      const named = { note, ...options, remainingRuns: remainingRunsOf(remainingRuns) };
      if (Object.values(named).every((value) => value === undefined)) {
        throw UserError.input('nothing_named', 'No setting to change', {
          hint: 'See `slack-reports schedule update --help`.',
        });
      }
      // Before a server is asked for; the schedule may have a start.
      parseSettings(options, { ...DEFAULTS, start: new Date() });
      const { before, after } = await withSchedules((all) => all.update(id, named));
      if (named.overlap !== undefined) warnOfOverlap(settingTexts(settingsOf(after)).overlap);
      if ([named.every, named.start, named.timezone].some((value) => value !== undefined))
        noteOnIntervals(settingsOf(after));
      const changes = changesBetween(before, after);
      if (json === true) return printJson({ id, changes });
      console.log(changes.length === 0 ? `Schedule ${id} already has these settings` : `Schedule ${id} updated`);
      printDifferences(changes);
    });
}

/** With what follows from a change: the next run. */
function changesBetween(before: ScheduleDescription, after: ScheduleDescription): Difference[] {
  const { words } = differences(settingsOf(before), settingsOf(after));
  const more = [
    { setting: 'note', old: before.state.note ?? '', new: after.state.note ?? '' },
    { setting: 'remaining-runs', old: remainingText(before), new: remainingText(after) },
    { setting: 'next run', old: nextOf(before)[0] ?? 'none', new: nextOf(after)[0] ?? 'none' },
  ];
  return [...words, ...more.filter((one) => one.old !== one.new)];
}
