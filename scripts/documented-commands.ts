import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { marked, type Tokens } from 'marked';

/** A command of a page, as a shell would get it. */
export interface DocumentedCommand {
  /** As written. */
  text: string;
  /** `NAME=value` before it. */
  env: Record<string, string>;
  /** Without `npx`. */
  words: string[];
}

/** The programs that pages name. What begins otherwise in a sentence is no command. */
const PROGRAMS = new Set(
  (
    'curl git journalctl jq kubectl node npm npx pg_dump podman prometheus promtool slack-reports slack-sandbox ' +
    'sqlite3 sudo systemctl temporal'
  ).split(' '),
);
const SHELL: ReadonlySet<string | undefined> = new Set(['sh', 'bash', 'console']);

/** Why the commands of a page that begin so are run by no test of command lines. `check-docs.ts` refuses what is not listed. */
export const RUN_ELSEWHERE: readonly (readonly [start: string, reason: string])[] = [
  ['slack-reports start', 'starts everything: test/integration/start.test.ts'],
  ['slack-reports send due:42', 'needs a run that read the source: test/integration/sources.test.ts'],
  ['slack-reports init', 'needs the packed package: test/integration/package.test.ts'],
  ['slack-reports codec-server', 'runs until Ctrl-C: test/integration/codec-server.test.ts'],
  ['slack-reports setup', 'changes the namespace for all tests: test/integration/search-attributes.test.ts'],
  ['slack-reports runs show', 'needs a run under way: test/integration/run-control.test.ts'],
  ['slack-reports runs pause', 'needs a run under way: test/integration/run-control.test.ts'],
  ['slack-reports runs unpause', 'needs a run under way: test/integration/run-control.test.ts'],
  ['slack-reports runs concurrency', 'needs a run under way: test/integration/run-control.test.ts'],
  ['slack-reports cancel', 'needs a run under way: test/integration/run-control.test.ts'],
  ['slack-sandbox', 'runs until Ctrl-C: test/integration/package.test.ts'],
  ['npm start', 'starts everything: test/integration/start.test.ts'],
  ['npm ci', 'installs; nothing in this repository works without it'],
  ['npm install', 'installs into a project of yours'],
  ['npm pack', 'test/integration/package.test.ts'],
  ['npm test', 'runs the tests'],
  ['npm run', 'a script of package.json: check-docs.ts looks for its name, and for the options of chaos and bench'],
  ['vitest run', 'runs the tests; check-docs.ts looks for the files'],
  ['node --test', 'a test that `report new` wrote: test/integration/own-reports.test.ts'],
  ['node src/cli/main.ts', 'the command line itself'],
  ['node scripts/screenshots.ts', 'needs Chromium, and changes committed pictures'],
  ['inngest-cli', 'another product, named to compare'],
  ['temporal', "Temporal's own CLI"],
  ['curl', 'asks a worker, or the sandbox; the test of command lines sends those to the sandbox'],
  ['jq', 'reads a log of yours'],
  ['journalctl', 'needs systemd'],
  ['systemctl', 'needs systemd'],
  ['sudo', 'changes a machine'],
  ['git clone', 'changes a machine'],
  ['cd', 'changes a machine'],
  ['kubectl', 'needs a cluster'],
  ['podman', 'needs a container engine'],
  ['prometheus', 'needs Prometheus'],
  ['promtool', 'needs Prometheus'],
  ['pg_dump', 'needs a database of yours'],
  ['sqlite3', 'needs the sqlite3 program'],
];

/** Commands in blocks of shell, after `$` in other blocks, and in code within a sentence, in the order of the page. */
export function commandsOf(markdown: string): DocumentedCommand[] {
  const found: DocumentedCommand[] = [];
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === 'codespan') {
      const commands = parsed((token as Tokens.Codespan).text);
      if (PROGRAMS.has(firstWord((token as Tokens.Codespan).text)) && commands.every(({ words }) => words.length > 1))
        found.push(...commands);
    }
    if (token.type !== 'code') return;
    const { lang, text } = token as Tokens.Code;
    for (const line of text
      .replaceAll(/\\\n\s*/g, ' ')
      .replaceAll(/\|\n\s*/g, '| ')
      .split('\n')) {
      if (SHELL.has(lang)) found.push(...parsed(line));
      else if (line.startsWith('$ ')) found.push(...parsed(line.slice(2)));
    }
  });
  return found;
}

function firstWord(text: string): string {
  return /^(?:[A-Z_]+=\S+ )*(?<word>\S+)/.exec(text)?.groups?.['word'] ?? '';
}

/** The commands of a line, without comments, settings and what they are piped into. */
function parsed(line: string): DocumentedCommand[] {
  const words = line.match(/#.*|&&|\|\||[|;]|(?:'[^']*'|"(?:\\.|[^"])*"|<[^<>]*>|[^\s;|'"])+/g) ?? [];
  const commands: string[][] = [[]];
  for (const word of words) {
    // The last word of a line; `#general` is a word of a command.
    if (/^#(?:\s|$)/.test(word)) break;
    if (['&&', '||', '|', ';'].includes(word)) commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands.flatMap((each) => {
    const [first] = each;
    if (first === undefined || first === 'export') return [];
    const at = each.findIndex((word) => !/^[A-Z_]+=/.test(word));
    if (at === -1) return [];
    const settings = each.slice(0, at).map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]);
    const rest = each.slice(at).map(unquoted);
    const plain = rest[0] === 'npx' ? rest.slice(1) : rest;
    return [{ text: each.join(' '), env: Object.fromEntries(settings), words: plain }];
  });
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:\\.|[^"])*)"/g, (_, single?: string, double?: string) =>
    single !== undefined ? single : (double ?? '').replaceAll(/\\(.)/g, '$1'),
  );
}

/** Why no test of command lines runs it; undefined where one has to. */
export function whyNotRun({ words }: DocumentedCommand): string | undefined {
  if (words.includes('[options]') || words.includes('<command>'))
    return 'a form, of which npm run docs writes the options';
  const text = words.join(' ');
  return RUN_ELSEWHERE.find(([start]) => text === start || text.startsWith(`${start} `))?.[1];
}

/** These name commands of older versions, or record a measurement. */
const OLD_PAGES: ReadonlySet<string> = new Set(['CHANGELOG.md', 'docs/decisions.md', 'chaos/RESULTS.md']);

/** The pages of the repository whose commands are those of this version. */
export async function pagesWithCommands(root: string): Promise<string[]> {
  const { stdout } = await execa('git', ['ls-files', '--', '*.md'], { cwd: root });
  return stdout.split('\n').filter((file) => !OLD_PAGES.has(file) && existsSync(join(root, file)));
}
