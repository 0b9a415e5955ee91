import { Command } from '@commander-js/extra-typings';
import type { Schedules } from '../../schedule.ts';
import { confirm, YES_OPTION } from '../confirm.ts';
import { printJson, printRows } from '../output.ts';
import { applyCommand } from './apply.ts';
import { backfillCommand } from './backfill.ts';
import { createCommand } from './create.ts';
import { detailsOf, printDetails, summaryOf } from './details.ts';
import { nextCommand } from './next.ts';
import { withSchedules } from './options.ts';
import { updateCommand } from './update.ts';

export function scheduleCommand() {
  return new Command('schedule')
    .description('Temporal schedules that start a run')
    .addCommand(applyCommand())
    .addCommand(createCommand())
    .addCommand(updateCommand())
    .addCommand(listCommand())
    .addCommand(describeCommand())
    .addCommand(nextCommand())
    .addCommand(toggleCommand('pause', 'stop it from firing; its riders get nothing for what it would have fired'))
    .addCommand(toggleCommand('unpause', 'let it fire again, from now on'))
    .addCommand(triggerCommand())
    .addCommand(backfillCommand())
    .addCommand(deleteCommand());
}

function listCommand() {
  return new Command('list')
    .description('list the schedules that start a run; one-offs are in `send list`')
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

function describeCommand() {
  return new Command('describe')
    .description('show one schedule: when it fires, its policies, its last runs')
    .argument('<id>')
    .option('--json', 'print JSON')
    .action(async (id, { json }) => {
      const details = detailsOf(await withSchedules((all) => all.describe(id)));
      if (json === true) printJson(details);
      else printDetails(details);
    });
}

function toggleCommand(verb: 'pause' | 'unpause', description: string) {
  return new Command(verb)
    .description(description)
    .argument('<id>')
    .option('--note <text>', 'why, for people: shown in the list and in the Web UI')
    .option('--json', 'print JSON')
    .action(async (id, { note, json }) => {
      await withSchedules((all: Schedules) => all[verb](id, note));
      if (json === true) printJson({ id, [`${verb}d`]: true });
      else console.log(`Schedule ${id} ${verb}d`);
    });
}

function triggerCommand() {
  return new Command('trigger')
    .description('start a run of the schedule now; for its riders it is an occurrence of its own')
    .argument('<id>')
    .option('--json', 'print JSON')
    .action(async (id, { json }) => {
      const workflowId = await withSchedules((all) => all.trigger(id));
      if (json === true) printJson({ id, workflowId });
      else console.log(`Schedule ${id} triggered: ${workflowId}`);
    });
}

function deleteCommand() {
  return new Command('delete')
    .description('delete it; notifications that ride it stay, and are due no more')
    .argument('<id>')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (id, { yes, json }) => {
      await withSchedules(async (all) => {
        await all.describe(id);
        await confirm(`Delete schedule ${id}? Notifications that ride it are due no more.`, yes);
        await all.remove(id);
      });
      if (json === true) printJson({ id, deleted: true });
      else console.log(`Schedule ${id} deleted`);
    });
}
