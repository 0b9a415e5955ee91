import { createInterface } from 'node:readline';
import { forgetSecrets } from '../../src/lib/known-secrets.ts';
import type { CliCommand, Ended } from './program.ts';

/**
 * Runs one command of `slack-reports` after another, each as in a process of its own: the program is evaluated again, and only what
 * it imports stays loaded. A line of JSON on standard input is a command; the answer is a line on standard output.
 */
const PROGRAM = new URL('../../src/cli/main.ts', import.meta.url).href;
const streams = [process.stdout, process.stderr] as const;
const answer = process.stdout.write.bind(process.stdout);
const print = { ...console };
/** Where a command ends, this process goes on: a failed one ends its process seconds later. */
process.exit = (() => undefined) as unknown as typeof process.exit;
for (const stream of streams) stream.setMaxListeners(0);

let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  answer(`${JSON.stringify(await run(JSON.parse(line) as CliCommand))}\n`);
}

async function run({ args, folder, env }: CliCommand): Promise<Ended> {
  const [stdout, stderr] = streams.map(collect);
  surround(folder, env);
  process.argv = [process.execPath, 'slack-reports', ...args];
  count += 1;
  await import(`${PROGRAM}?command=${count}`);
  const code = Number(process.exitCode);
  process.exitCode = undefined;
  Object.assign(console, print);
  process.removeAllListeners('uncaughtException');
  forgetSecrets();
  process.chdir('/');
  return { code, stdout: stdout?.() ?? '', stderr: stderr?.() ?? '' };
}

/** In place, so that a change of TZ counts. */
function surround(folder: string, env: NodeJS.ProcessEnv): void {
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (env[name] === undefined) delete process.env[name];
  Object.assign(process.env, env);
}

/** From here on what is written to the stream is kept; returns all of it. */
function collect(stream: NodeJS.WriteStream): () => string {
  const parts: string[] = [];
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    parts.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const done = rest.at(-1);
    if (typeof done === 'function') queueMicrotask(() => void done());
    return true;
  };
  return () => parts.join('');
}
