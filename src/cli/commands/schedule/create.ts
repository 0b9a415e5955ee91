import { Command } from '@commander-js/extra-typings';
import { newSettings } from '../../../scheduling/input.ts';
import { settingsOf, settingTexts } from '../../../scheduling/settings.ts';
import { printJson } from '../../output/output.ts';
import { detailsOf } from './details.ts';
import {
  noteOnIntervals,
  OVERLAP_HELP,
  remainingRunsOf,
  warnOfOverlap,
  withPolicies,
  withSchedules,
  withTimes,
} from './options.ts';

export function createCommand() {
  return withPolicies(
    withTimes(
      new Command('create')
        .description('create a schedule; its notifications are due whenever it fires')
        .argument('<id>', 'letters, digits, ".", "_", "-"; notifications name it with --schedule'),
    ),
  )
    .option('--when-due', `only for "tick": fire when an own recurrence is due, and at each full hour`)
    .option('--paused', 'create it paused, until `schedule unpause`')
    .option('--json', 'print JSON')
    .addHelpText('after', OVERLAP_HELP)
    .action(async (id, { json, paused, note, remainingRuns, ...options }) => {
      newSettings(id, options); // before a server is asked for
      const schedule = { id, paused, note, ...options, remainingRuns: remainingRunsOf(remainingRuns) };
      const created = await withSchedules(async (all) => {
        await all.create(schedule);
        return all.describe(id);
      });
      warnOfOverlap(settingTexts(settingsOf(created)).overlap);
      noteOnIntervals(settingsOf(created));
      const details = detailsOf(created);
      if (json === true) return printJson(details);
      console.log(`Schedule ${id} created${details.next[0] === undefined ? '' : `; first run ${details.next[0]}`}`);
    });
}
