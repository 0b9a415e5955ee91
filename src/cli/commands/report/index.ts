import { Command } from '@commander-js/extra-typings';
import { listCommand } from './list.ts';
import { newCommand } from './new.ts';
import { showCommand } from './show.ts';

export function reportCommand() {
  return new Command('report')
    .description('show the reports, and write your own')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(newCommand());
}
