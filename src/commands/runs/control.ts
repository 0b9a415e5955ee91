import { Command } from '@commander-js/extra-typings';
import { type Change, controlRun, parseMaxLive } from '../../control-run.ts';
import { type Control, MAX_LIVE } from '../../workflows/control.ts';
import { withClient } from '../context.ts';
import { printJson } from '../output.ts';

export function pauseCommand() {
  return new Command('pause')
    .description('pause a run: it starts no more deliveries; those under way continue')
    .argument('<run>')
    .option('--json', 'print JSON')
    .action((run, { json }) => changeRun(run, 'pause', json));
}

export function unpauseCommand() {
  return new Command('unpause')
    .description('continue a paused run')
    .argument('<run>')
    .option('--json', 'print JSON')
    .action((run, { json }) => changeRun(run, 'resume', json));
}

export function concurrencyCommand() {
  return new Command('concurrency')
    .description('set how many deliveries of a run may be under way at once')
    .argument('<run>')
    .argument('<max>', `1 to ${MAX_LIVE}`)
    .option('--json', 'print JSON')
    .action((run, max, { json }) => changeRun(run, { maxLive: parseMaxLive(max) }, json));
}

async function changeRun(run: string, change: Change, json: boolean | undefined): Promise<void> {
  const control = await withClient((client) => controlRun(client, run, change));
  if (json === true) printJson({ run, ...withConcurrency(control) });
  else console.log(`${run}: ${stateOf(control)}`);
}

/** As `--json` names it. */
export function withConcurrency<State extends Control>({ maxLive, ...rest }: State) {
  return { ...rest, concurrency: maxLive };
}

export function stateOf({ paused, maxLive }: Control): string {
  return paused ? 'Paused: starts no more deliveries' : `At most ${maxLive} deliveries under way at once`;
}
