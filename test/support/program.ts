import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { inject } from 'vitest';
import { type Child, failWhenEnded, startChild } from '../../src/dev/child-process.ts';
import type { App } from './app.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The environment of a program that a test starts: of the environment that runs the tests it has only the path to the tools. */
export function environment(folder: string, variables: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    TZ: 'UTC',
    DATABASE_URL: `sqlite:${join(folder, 'store.db')}`,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_CLI: inject('temporalCli'),
    SLACK_REPORTS_WORKFLOW_BUNDLE: inject('workflowBundle'),
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    ...variables,
  };
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A command of `slack-reports`, and its surroundings. */
export interface CliCommand {
  args: readonly string[];
  folder: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Runs a command of `slack-reports` in `folder`, in a process that has run others before. A test of the process itself, of its
 * start, its signals or a file that changes after it was imported, uses `runProgram`.
 */
export async function runCli(
  args: readonly string[],
  { folder, variables = {} }: { folder: string; variables?: Record<string, string> },
): Promise<Ended> {
  const command: CliCommand = { args, folder, env: environment(folder, variables) };
  const options = { method: 'POST', body: JSON.stringify(command), signal: AbortSignal.timeout(60_000) };
  const response = await fetch(inject('commandLine'), options);
  if (!response.ok) throw new Error(`${args.join(' ')}: ${await response.text()}`);
  return (await response.json()) as Ended;
}

/** Runs one of the project's programs to its end, in `folder`. */
export async function runProgram(
  args: readonly string[],
  { folder, variables = {} }: { folder: string; variables?: Record<string, string> },
): Promise<Ended> {
  const [program = '', ...rest] = args;
  const { exitCode, stdout, stderr, originalMessage, shortMessage } = await execa(
    process.execPath,
    [join(root, program), ...rest],
    {
      cwd: folder,
      env: environment(folder, variables),
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      timeout: 60_000,
    },
  );
  if (exitCode !== undefined) return { code: exitCode, stdout, stderr };
  throw new Error(`${args.join(' ')}: ${originalMessage ?? shortMessage}\n${stdout}${stderr}`);
}

/** Starts one of the project's programs in `folder`. Its lines go to `onLine`. */
export function startProgram(
  program: string,
  options: { args?: string[]; folder: string; env: NodeJS.ProcessEnv; onLine?: (line: string) => void; ipc?: true },
): Promise<Child> {
  const { args = [], folder, env, onLine, ipc = false } = options;
  return startChild({
    name: program,
    command: process.execPath,
    args: [join(root, program), ...args],
    cwd: folder,
    env,
    ipc,
    graceMs: 30_000,
    ...(onLine && { onLine }),
  });
}

/** The real worker process, on the store, the sandbox and the task queue of the app, and without pacing; resolves when it runs. */
export async function startWorkerProcess(
  {
    databaseUrl,
    folder,
    sandbox,
    taskQueue,
    address,
  }: Pick<App, 'databaseUrl' | 'folder' | 'sandbox' | 'taskQueue'> & { address?: string | undefined },
  args: string[] = [],
  variables: Record<string, string> = {},
  onLogLine: (line: string) => void = () => {},
): Promise<Child> {
  const env = environment(folder, {
    DATABASE_URL: databaseUrl,
    ...(address !== undefined && { TEMPORAL_ADDRESS: address }),
    SLACK_SANDBOX_URL: sandbox.url,
    SLACK_SETTLE_SECONDS: '1',
    SLACK_CHANNEL_INTERVAL_MS: '0',
    SLACK_WORKSPACE_PER_MINUTE: '0',
    SLACK_REPORTS_TASK_QUEUE: taskQueue,
    ...variables,
  });
  const runs = Promise.withResolvers<void>();
  const onLine = (line: string) => {
    onLogLine(line);
    if (line.includes('Worker is running')) runs.resolve();
  };
  const child = await startProgram('src/worker.ts', { args, folder, env, onLine });
  await Promise.race([runs.promise, failWhenEnded(child)]);
  return child;
}
