import { Command } from '@commander-js/extra-typings';
import { addCommand } from './add.ts';
import { listCommand } from './list.ts';

export function workspacesCommand() {
  return new Command('workspaces')
    .description('manage Slack workspaces and where their tokens are kept')
    .addCommand(listCommand())
    .addCommand(addCommand());
}
