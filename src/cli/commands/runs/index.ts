import { Command } from '@commander-js/extra-typings';
import { concurrencyCommand, pauseCommand, unpauseCommand } from './control.ts';
import { listCommand } from './list.ts';
import { showCommand } from './show.ts';

export function runsCommand() {
  return new Command('runs')
    .description('show and control runs')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(pauseCommand())
    .addCommand(unpauseCommand())
    .addCommand(concurrencyCommand());
}
