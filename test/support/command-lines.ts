import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'node:util';

/**
 * Runs many command lines one after the other in one process, each as a process of its own would:
 * `node command-lines.ts <file of lines> <file for what they said>`. To start a process for each takes twenty times as long.
 */
export interface CommandLine {
  folder: string;
  env: Record<string, string>;
  args: string[];
}

export interface SaidLine {
  code: number;
  stdout: string;
  stderr: string;
}

if (import.meta.main) await runAll(process.argv[2] ?? '', process.argv[3] ?? '');

async function runAll(from: string, to: string): Promise<void> {
  const lines = JSON.parse(readFileSync(from, 'utf8')) as CommandLine[];
  const said: SaidLine[] = [];
  const exit = process.exit.bind(process);
  // A program that failed ends its process a little later; here the next one has begun.
  Object.assign(process, { exit: () => undefined });
  for (const [nr, line] of lines.entries()) said.push(await run(line, nr, said));
  writeFileSync(to, JSON.stringify(said));
  exit(0);
}

async function run({ folder, env, args }: CommandLine, nr: number, before: readonly SaidLine[]): Promise<SaidLine> {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    const write = (text: string) => ((said[stream] += text), true);
    const print = (...parts: unknown[]) => void write(`${format(...parts)}\n`);
    Object.assign(process[stream], { write });
    Object.assign(console, stream === 'stdout' ? { log: print, info: print } : { warn: print, error: print });
  }
  const settings = { ...process.env };
  process.chdir(folder);
  Object.assign(process.env, env);
  process.argv = [process.argv[0] ?? '', 'slack-reports', ...args.map((word) => idOf(word, before))];
  process.exitCode = 0;
  // The query makes the module run again.
  await import(`../../src/cli/main.ts?${nr}`);
  for (const name of Object.keys(process.env)) if (!(name in settings)) delete process.env[name];
  Object.assign(process.env, settings);
  return { code: exitCode(), ...said };
}

function exitCode(): number {
  return Number(process.exitCode);
}

/** `once-333aa4e5c1` of a page is a send that an earlier command of the page made, with an id of its own. */
function idOf(word: string, before: readonly SaidLine[]): string {
  const name = /^(?<name>[a-z-]+)-[0-9a-f]{10}$/.exec(word)?.groups?.['name'];
  if (name === undefined) return word;
  const made = new RegExp(`^${name}-[0-9a-f]{10}(?= is sent )`, 'm');
  return before.map(({ stdout }) => made.exec(stdout)?.[0]).findLast((id) => id !== undefined) ?? word;
}
