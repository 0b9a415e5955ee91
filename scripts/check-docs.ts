import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { execa } from 'execa';
import GithubSlugger from 'github-slugger';
import { marked, type Token, type Tokens } from 'marked';
import { loadCommands } from '../src/cli/commands/index.ts';
import {
  commandsOf,
  type DocumentedCommand,
  pagesWithCommands,
  RUN_ELSEWHERE,
  whyNotRun,
} from './documented-commands.ts';

/**
 * Checks every page: its links and their anchors lead somewhere; its commands and options exist, and each is run by a test or
 * listed with a reason. And every text: it has no word that you have to look up.
 */
const ROOT = join(import.meta.dirname, '..');

/** Words of another century, or that say less than the plain one. docs/decisions.md and CHANGELOG.md are checked too. */
const WORDS: Readonly<Record<string, string>> = {
  anew: 'again',
  anybody: 'a person, or name who',
  beside: 'next to',
  mend: 'fix',
  mends: 'fixes',
  mended: 'fixed',
  mending: 'fixing',
  nobody: 'no one, or name who',
  reckon: 'count',
  reckons: 'expects, counts',
  somebody: 'a person, or name who',
  whoever: 'name who',
  whilst: 'while',
  'at the most': 'at most',
  'be had': 'name what was not found',
  'for ever': 'forever, never ends',
  'in the midst': 'in the middle',
  'run before': 'previous run',
  'so many': 'the number',
  'tell of': 'show, report',
  'that which': 'name what',
  'what became of': 'how it ended, what happened to',
  'what waits': 'name what waits',
  'what was parked': 'parked deliveries',
  'tells of': 'shows, reports',
};
/** What every command takes, from src/cli/main.ts. */
const COMMON_OPTIONS = ['--help', '--version', '--reports', '--sources'];
/** The script that `init` adds to a project that has a `start` already. */
const OF_A_PROJECT = 'reports:start';
/** This list, and the record of a measurement, which changes with the next one only. */
const ALLOWED: ReadonlySet<string> = new Set(['scripts/check-docs.ts', 'chaos/RESULTS.md']);
const TEXTS = ['*.md', '*.ts', '*.js', '*.yaml', '*.yml', '*.sql', '*.css', '*.html'];

const { stdout } = await execa('git', ['ls-files', '--', ...TEXTS], { cwd: ROOT });
const files = stdout.split('\n').filter((file) => existsSync(join(ROOT, file)));
const pages = new Map(files.filter((file) => file.endsWith('.md')).map((file) => [file, read(file)]));
const anchors = new Map([...pages].map(([file, text]) => [file, anchorsOf(text)]));

const program: CommandUnknownOpts = new Command('slack-reports');
for (const command of await loadCommands(program)) if (command.parent === null) program.addCommand(command);

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const commands = (await pagesWithCommands(ROOT)).flatMap((file) =>
  commandsOf(pages.get(file) ?? '').map((command) => ({ file, command })),
);
const reasons = new Set(commands.map(({ command }) => whyNotRun(command)));

const problems = [
  ...[...pages].flatMap(([file, text]) => brokenLinks(file, text)),
  ...commands.flatMap(({ file, command }) => {
    const problem = problemOf(command);
    return problem === undefined ? [] : [`${file}: ${command.text}: ${problem}`];
  }),
  ...RUN_ELSEWHERE.flatMap(([start, reason]) =>
    reasons.has(reason) ? [] : [`scripts/documented-commands.ts: no page has "${start}"`],
  ),
  ...files.filter((file) => !ALLOWED.has(file)).flatMap(oldWords),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function brokenLinks(file: string, text: string): string[] {
  const broken: string[] = [];
  void marked.walkTokens(marked.lexer(text), (token) => {
    if (token.type !== 'link' && token.type !== 'image') return;
    const { href } = token as Tokens.Link;
    if (/^[a-z]+:/.test(href)) return;
    const [path = '', anchor] = href.split('#');
    const target = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), decodeURI(path)));
    if (!existsSync(join(ROOT, target))) broken.push(`${file}: the link to ${href} leads nowhere`);
    else if (anchor !== undefined && anchors.get(target)?.has(anchor) === false) {
      broken.push(`${file}: ${target} has no heading #${anchor}`);
    }
  });
  return broken;
}

/** As GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const slugger = new GithubSlugger();
  const headings = marked.lexer(text).filter((token): token is Tokens.Heading => token.type === 'heading');
  return new Set(headings.map((heading) => slugger.slug(plain(heading.tokens))));
}

function plain(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens !== undefined ? plain(token.tokens) : 'text' in token ? token.text : '',
    )
    .join('');
}

function oldWords(file: string): string[] {
  const pattern = new RegExp(String.raw`\b(?:${Object.keys(WORDS).join('|')})\b`, 'giu');
  return read(file)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(pattern)].map(
        ([word]) => `${file}:${index + 1}: "${word}": say ${WORDS[word.toLowerCase()] ?? 'it plainly'}`,
      ),
    );
}

function problemOf(command: DocumentedCommand): string | undefined {
  const [name = '', ...words] = command.words;
  if (name === 'slack-reports')
    return /^(?:--version|<command>)$/.test(words[0] ?? '') ? undefined : problemOfOurs(words);
  if (whyNotRun(command) === undefined) return 'no test runs it: run it in one, or list it with the reason';
  const [verb = '', script = ''] = words;
  if (name === 'npm' && verb === 'run' && !(script in scripts) && script !== OF_A_PROJECT)
    return `there is no script "${script}"`;
  if (name === 'npm' && (script === 'chaos' || script === 'bench')) {
    const unknown = words.find(
      (word) => word.startsWith('--') && word.length > 2 && !read(`${script}/main.ts`).includes(`'${word}`),
    );
    if (unknown !== undefined && unknown !== '--help') return `${script} has no option ${unknown}`;
  }
  const missing = words.find((word) => /^(?:test|src|scripts|ops|deploy)\//.test(word) && !isThere(word));
  return missing === undefined ? undefined : `there is no ${missing}`;
}

/** Vitest takes the beginning of a path, too. */
function isThere(path: string): boolean {
  return existsSync(join(ROOT, path)) || files.some((file) => file.startsWith(path));
}

function problemOfOurs(words: readonly string[]): string | undefined {
  let command = program;
  let taken = 0;
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (next === undefined) break;
    command = next;
    taken += 1;
  }
  if (taken === 0) return `there is no command "${words[0] ?? ''}"`;
  // `send` alone is `send once`.
  command = command.commands.find((each) => each.name() === 'once') ?? command;
  if (command.commands.length > 0 && /^[a-z]/.test(words[taken] ?? ''))
    return `"${command.name()}" has no command "${words[taken] ?? ''}"`;
  const known = new Set([...COMMON_OPTIONS, ...command.options.map(({ long }) => long)]);
  const unknown = words.find((word) => word.startsWith('--') && !known.has(word.split('=')[0]));
  return unknown === undefined ? undefined : `"${command.name()}" has no option ${unknown}`;
}
