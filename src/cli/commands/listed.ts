import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { existsSync, readFileSync } from 'node:fs';

/** A command as the help shows it, without its options. */
export interface ListedCommand {
  name: string;
  term: string;
  description: string;
}

/** Made by `npm run build`; a clone has none, and its help loads the commands. */
const LIST = new URL('../../commands.json', import.meta.url);

/**
 * The commands for the help of the program, if they were listed when it was built: to load all of them takes half a second.
 */
export function listedCommands(program: CommandUnknownOpts): CommandUnknownOpts[] | undefined {
  if (!existsSync(LIST)) return undefined;
  const listed = JSON.parse(readFileSync(LIST, 'utf8')) as ListedCommand[];
  const terms = new Map(listed.map(({ name, term }) => [name, term]));
  program.configureHelp({ subcommandTerm: (command) => terms.get(command.name()) ?? command.name() });
  return listed.map(({ name, description }) => new Command(name).description(description));
}
