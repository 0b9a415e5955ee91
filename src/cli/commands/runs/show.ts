import { Command } from '@commander-js/extra-typings';
import { runsOf } from '../../../client/runs.ts';
import { COUNTED_AS, countName, type RunProgress } from '../../../contract/dispatch.ts';
import { withContext } from '../../context.ts';
import { printJson } from '../../output/output.ts';
import { doneOf } from '../../../runs/progress-bar.ts';
import { stateOf } from './control.ts';

export function showCommand() {
  return new Command('show')
    .description('show how far a run is, and what did not arrive and why')
    .argument('<run>')
    .option('--json', 'print JSON')
    .action(async (run, { json }) => {
      const progress = await withContext((context) => runsOf(context).progress(run));
      if (json === true) printJson({ run, ...progress });
      else console.log(textOf(progress).join('\n'));
    });
}

const COUNTS = ['delivered', 'skipped', ...Object.values(COUNTED_AS)] as const;

function textOf(progress: RunProgress): string[] {
  const { due, oldest, partitions, reasons } = progress;
  const counts = COUNTS.filter((state) => progress[state] > 0).map((state) => `${progress[state]} ${countName(state)}`);
  return [
    progress.claiming === true
      ? 'Looks for what is due; posts begin when all of it is in the ledger'
      : `${doneOf(progress)} of ${due} done: ${counts.join(', ')}`,
    stateOf(progress),
    ...(oldest === undefined
      ? []
      : [`Oldest under way: ${oldest.notification} → ${oldest.channel}, planned for ${oldest.slot}`]),
    ...(partitions === undefined || partitions.length === 0 ? [] : [`Partitions under way: ${partitions.length}`]),
    ...Object.entries(reasons).map(([reason, count]) => `  ${reason}  ${count}`),
  ];
}
