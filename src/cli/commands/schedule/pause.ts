import { Command } from '@commander-js/extra-typings';
import { printJson } from '../../output/output.ts';
import { withSchedules } from './options.ts';

export const pauseCommand = () =>
  toggleCommand('pause', 'pause a schedule; its notifications are not due while it is paused');

export const unpauseCommand = () => toggleCommand('unpause', 'let a paused schedule fire again, from now on');

function toggleCommand(verb: 'pause' | 'unpause', description: string) {
  return new Command(verb)
    .description(description)
    .argument('<id>')
    .option('--note <text>', 'why; shown in the list and in the Web UI')
    .option('--json', 'print JSON')
    .action(async (id, { note, json }) => {
      await withSchedules((all) => all[verb](id, note));
      if (json === true) printJson({ id, [`${verb}d`]: true });
      else console.log(`Schedule ${id} ${verb}d`);
    });
}
