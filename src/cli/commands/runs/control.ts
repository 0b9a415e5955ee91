import { Command } from '@commander-js/extra-typings';
import { runsOf } from '../../../client/runs.ts';
import { parseConcurrency } from '../../../runs/control.ts';
import type { Control } from '../../../contract/dispatch.ts';
import { CONCURRENCY_MAX } from '../../../workflows/controls.ts';
import { withContext } from '../../context.ts';
import { printJson } from '../../output/output.ts';

export function pauseCommand() {
  return new Command('pause')
    .description('pause a run: it starts no more deliveries; those under way continue')
    .argument('<run>')
    .option('--json', 'print JSON')
    .action((run, { json }) => changeRun(run, (runs) => runs.pause(run), json));
}

export function unpauseCommand() {
  return new Command('unpause')
    .description('continue a paused run')
    .argument('<run>')
    .option('--json', 'print JSON')
    .action((run, { json }) => changeRun(run, (runs) => runs.unpause(run), json));
}

export function concurrencyCommand() {
  return new Command('concurrency')
    .description('set how many deliveries of a run may be under way at once')
    .argument('<run>')
    .argument('<max>', `1 to ${CONCURRENCY_MAX}`)
    .option('--json', 'print JSON')
    .action((run, max, { json }) => changeRun(run, (runs) => runs.setConcurrency(run, parseConcurrency(max)), json));
}

type Change = (runs: ReturnType<typeof runsOf>) => Promise<Control>;

async function changeRun(run: string, change: Change, json: boolean | undefined): Promise<void> {
  const control = await withContext(async (context) => change(runsOf(context)));
  if (json === true) printJson({ run, ...control });
  else console.log(`${run}: ${stateOf(control)}`);
}

export function stateOf({ paused, concurrency }: Control): string {
  return paused ? 'Paused: no further delivery starts' : `At most ${concurrency} deliveries under way at once`;
}
