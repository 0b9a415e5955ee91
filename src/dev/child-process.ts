import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, UserError } from '../lib/errors.ts';

export interface ChildOptions {
  /** What messages call it, e.g. "Temporal server". */
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** stdout and stderr are appended here. Without it the last lines are kept in memory. */
  logFile?: string;
  /** Opens a channel, for Node programs: messages, and in the child `shutdownSignal` sees when this process has gone. */
  ipc?: boolean;
  /** How long `stop` waits after SIGTERM before SIGKILL, in ms. Default 10,000. */
  graceMs?: number;
  onMessage?: (message: unknown) => void;
  /** Each line of output; only without `logFile`. */
  onLine?: (line: string) => void;
  onExit?: (exit: ChildExit) => void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether `stop` was called. */
  expected: boolean;
}

export interface Child extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<ChildExit>;
  send(message: object): void;
  /** The last lines that it wrote, for an error message. Empty when it wrote none. */
  lastLines(count?: number): string;
  /** Asks it to end (SIGTERM), and kills it after the grace time. Resolves when it has ended; may be called again. */
  readonly stop: () => Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;
const KEPT_LINES = 50;
const LOG_TAIL_BYTES = 16_384;

/**
 * Starts a program in a process group of its own, so that Ctrl-C in the terminal reaches only this process, which then ends
 * its children in order. If this process exits without `stop`, the child gets SIGTERM.
 * @throws UserError `cannot_start` when the program cannot be run.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, cwd, env = process.env, ipc = false, graceMs = DEFAULT_GRACE_MS } = options;
  // Loaded here, since most commands start no process and it takes 100 ms.
  const { execa } = await import('execa');
  const file = options.logFile === undefined ? undefined : openLog(options.logFile);
  // The child writes to the file itself, so that the log goes on when this process is killed. Execa passes any descriptor on;
  // its types name only those below 10.
  const output = (file?.descriptor ?? 'pipe') as 'pipe';
  const child = execa(command, args, {
    env,
    extendEnv: false,
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', output, output],
    ipc,
    serialization: 'json',
    all: true,
    buffer: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: graceMs,
  });
  const { pid } = child;
  if (pid === undefined) {
    const { originalMessage, cause } = await child;
    file?.close();
    throw UserError.failure('cannot_start', `Couldn't start ${name}: ${originalMessage ?? messageOf(cause)}`, {
      hint: `Check that ${command} exists and is executable.`,
      cause,
    });
  }

  const kept: string[] = [];
  const keepLines = async (): Promise<void> => {
    for await (const line of child.iterable({ from: 'all' })) {
      if (line.trim() === '') continue;
      kept.push(line);
      if (kept.length > KEPT_LINES) kept.shift();
      options.onLine?.(line);
    }
  };
  const read = file === undefined ? keepLines() : undefined;
  const { nodeChildProcess } = child;
  if (options.onMessage) nodeChildProcess.on('message', options.onMessage);

  let stopping: Promise<void> | undefined;
  const exited = child.then(async ({ exitCode, signal }) => {
    await read;
    file?.close();
    const exit = { code: exitCode ?? null, signal: signal ?? null, expected: stopping !== undefined };
    options.onExit?.(exit);
    return exit;
  });
  const end = async (): Promise<void> => {
    child.kill();
    await exited;
  };
  const stop = (): Promise<void> => (stopping ??= end());
  return {
    name,
    pid,
    exited,
    send: (message) => void (nodeChildProcess.connected && nodeChildProcess.send(message)),
    lastLines: (count = 10) => (file?.lines() ?? kept).slice(-count).join('\n'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Rejects when the process ends, with its last lines: waiting for something that it does is then pointless. */
export function failWhenEnded({
  name,
  exited,
  lastLines,
}: Pick<Child, 'name' | 'exited' | 'lastLines'>): Promise<never> {
  const failed = exited.then(({ code, signal }) => {
    throw new Error(`${name} ended (${signal ?? `exit code ${code}`}):\n${lastLines()}`);
  });
  // Who waits for it sees the error. Often all waiting is over when the process ends.
  failed.catch(() => undefined);
  return failed;
}

/** A log file that is open for a child. Its lines are those written since then. */
function openLog(path: string) {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, 'a+');
  const start = fstatSync(descriptor).size;
  let last: string[] | undefined;
  const tail = (): string[] => {
    const { size } = fstatSync(descriptor);
    const from = Math.max(start, size - LOG_TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    readSync(descriptor, buffer, 0, buffer.length, from);
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  };
  return {
    descriptor,
    lines: () => last ?? tail(),
    close: () => {
      last = tail();
      closeSync(descriptor);
    },
  };
}
