import { Command } from '@commander-js/extra-typings';
import { runsOf } from '../../../client/runs.ts';
import { withContext } from '../../context.ts';
import { limitOf, printRows } from '../../output/output.ts';
import { doneOf } from '../../../runs/progress-bar.ts';

export function listCommand() {
  return new Command('list')
    .description('list runs under way')
    .option('--all', 'include runs that have ended, newest first')
    .option('--limit <count>', 'how many at most', limitOf, 20)
    .option('--json', 'print JSON')
    .action(async ({ all, limit, json }) => {
      const rows = await withContext((context) => runsOf(context).list({ all, limit }));
      printRows(
        rows,
        {
          RUN: (row) => row.run,
          STATUS: (row) => row.status,
          STARTED: (row) => row.started,
          DONE: ({ progress }) =>
            progress === undefined || progress.claiming ? '' : `${doneOf(progress)} of ${progress.due}`,
        },
        { json, empty: all === true ? 'No runs' : 'No run is under way' },
      );
    });
}
