import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';

const SHELLS = { bash, zsh, fish } as const;
type Shell = keyof typeof SHELLS;

/** A place in the tree of commands, and what may be written there. */
interface Place {
  /** " schedule create": each word after a space; "" is the program itself. */
  path: string;
  words: Word[];
}

interface Word {
  text: string;
  description: string;
}

/** `program` is called late, when it has all commands. */
export function completionCommand(program: () => CommandUnknownOpts) {
  return new Command('completion')
    .description('print a shell completion script: eval "$(slack-reports completion bash)"')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS) as Shell[]))
    .addHelpText('after', '\nFor zsh after `compinit`; for fish: slack-reports completion fish | source')
    .action((shell) => {
      const root = program();
      console.log(SHELLS[shell](root.name(), placesIn(root)));
    });
}

function placesIn(command: CommandUnknownOpts, path = ''): Place[] {
  const { commands } = command;
  const words = [
    ...commands.map((sub) => ({ text: sub.name(), description: sub.description() })),
    ...[command, ...commands.filter((sub) => sub.name() === defaultOf(command))]
      .flatMap(({ options }) => options)
      .map((option) => ({ text: option.long ?? option.flags, description: option.description })),
  ];
  return [{ path, words }, ...commands.flatMap((sub) => placesIn(sub, `${path} ${sub.name()}`))];
}

/** Its options are valid without its name. Commander shows it nowhere public. */
function defaultOf(command: CommandUnknownOpts): string | null {
  const { _defaultCommandName: name } = command as unknown as { _defaultCommandName: string | null };
  return name;
}

// Each script walks the words before the cursor down the tree. A word that is no command is an option or a value.

function bash(name: string, places: readonly Place[]): string {
  const fn = functionName(name);
  return `${fn}() {
  local at="" i words=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${alternatives(places)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at" in
${places.map(({ path, words }) => `    "${path}") words="${words.map(({ text }) => text).join(' ')}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F ${fn} ${name}`;
}

function zsh(name: string, places: readonly Place[]): string {
  const fn = functionName(name);
  return `#compdef ${name}
${fn}() {
  local at="" word
  local -a known
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${alternatives(places)}) at="$at $word" ;;
    esac
  done
  case "$at" in
${places.map(({ path, words }) => `    "${path}") known=(${words.map(described).join(' ')}) ;;`).join('\n')}
  esac
  _describe '${name}' known || _files
}
compdef ${fn} ${name}`;
}

/** As `_describe` reads it. */
function described({ text, description }: Word): string {
  return quoted(`${text}:${description.replaceAll(':', '\\:')}`);
}

function fish(name: string, places: readonly Place[]): string {
  const fn = functionName(name);
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ text, description }) => {
      const what = text.startsWith('--') ? `-l ${text.slice(2)}` : `-f -a ${text}`;
      return `complete -c ${name} -n "${fn} '${path}'" ${what} -d ${quoted(description)}`;
    }),
  );
  return `function ${fn}
  set -l at ""
  for word in (commandline -opc)[2..-1]
    if contains -- "$at $word" ${paths(places).join(' ')}
      set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}`;
}

function functionName(name: string): string {
  return `_${name.replaceAll('-', '_')}`;
}

function paths(places: readonly Place[]): string[] {
  return places.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`);
}

function alternatives(places: readonly Place[]): string {
  return paths(places).join('|');
}

/** In single quotes, as all three shells read them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
