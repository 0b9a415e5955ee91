import type { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Command, type CommandUnknownOpts, Help } from '@commander-js/extra-typings';
import { loadCommands } from '../src/cli/commands/index.ts';

/**
 * Writes the reference of all commands into docs/cli.md, between its two markers. With `--check` it writes nothing, and ends
 * with 1 where the page is out of date.
 */
const PAGE = new URL('../docs/cli.md', import.meta.url);
const MARKERS = ['<!-- commands: written by npm run docs -->', '<!-- end of commands -->'] as const;

const help = new Help();
const program: CommandUnknownOpts = new Command('slack-reports');
const commands = await loadCommands(program);
const reference = commands.flatMap((command) => sections(command, command.name())).join('\n\n');

const before = readFileSync(PAGE, 'utf8');
const [from, to] = MARKERS.map((marker) => before.indexOf(marker));
if (from === undefined || to === undefined || from < 0 || to < from)
  throw new Error(`docs/cli.md lacks ${MARKERS.join(' or ')}`);
const after = `${before.slice(0, from)}${MARKERS[0]}\n\n${reference}\n\n${before.slice(to)}`;
if (!process.argv.includes('--check')) writeFileSync(PAGE, after);
else if (after !== before) {
  console.error('docs/cli.md is out of date: run `npm run docs`');
  process.exitCode = 1;
}

/** A section for each command that does something; one that only has subcommands has theirs. */
function sections(command: CommandUnknownOpts, path: string): string[] {
  const subcommands = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  if (subcommands.length > 0) return subcommands.flatMap((each) => sections(each, `${path} ${each.name()}`));
  return [section(command, path)];
}

function section(command: CommandUnknownOpts, path: string): string {
  const rows = [
    ...help.visibleArguments(command).map((each) => row(help.argumentTerm(each), help.argumentDescription(each))),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((each) => row(help.optionTerm(each), help.optionDescription(each))),
  ];
  return [
    `### ${path}`,
    `\`slack-reports ${path} ${command.usage()}\``,
    sentence(help.commandDescription(command)),
    rows.length === 0 ? '' : ['| | |', '| --- | --- |', ...rows].join('\n'),
    textBelow(command),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What its help says below the options. */
function textBelow(command: CommandUnknownOpts): string {
  let text = '';
  (command as unknown as EventEmitter).emit('afterHelp', {
    error: false,
    command,
    write: (more: string) => (text += more),
  });
  return text.trim() === '' ? '' : `\`\`\`text\n${text.trim()}\n\`\`\``;
}

function row(term: string, description: string): string {
  return `| \`${escaped(term)}\` | ${escaped(description)} |`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
