import { Command, type CommandUnknownOpts, Help } from '@commander-js/extra-typings';
import { loadCommands } from '../src/cli/commands/index.ts';
import type { ListedCommand } from '../src/cli/commands/listed.ts';

/** For `npm run build`: the commands as the help lists them, so that the published program loads none to show it. */
const program: CommandUnknownOpts = new Command('slack-reports');
const help = new Help();
const listed = (await loadCommands(program)).map((command): ListedCommand => ({
  name: command.name(),
  term: help.subcommandTerm(command),
  description: help.subcommandDescription(command),
}));
console.log(JSON.stringify(listed));
