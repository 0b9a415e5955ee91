import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf, UserError } from '../errors.ts';

export interface ChildOptions {
  /** What messages call it, e.g. "Temporal server". */
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** stdout and stderr are appended here. Without it the last lines are kept in memory. */
  logFile?: string;
  /** Opens a channel, for Node programs: messages, and `whenParentGone` in the child. */
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
  /** Whether `stop` was asked for. */
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
 * its children in order. Should this process exit without `stop`, the child gets SIGTERM.
 * @throws UserError `cannot_start` when the program cannot be run.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, ipc = false, graceMs = DEFAULT_GRACE_MS } = options;
  const log = options.logFile === undefined ? memoryLog(options.onLine) : fileLog(options.logFile);
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    cwd: options.cwd,
    detached: process.platform !== 'win32', // on Windows it would open a console window, and there are no groups to signal
    windowsHide: true,
    stdio: ['ignore', log.stdio, log.stdio, ...(ipc ? (['ipc'] as const) : [])],
  });
  log.attach(child);
  const { pid } = await started(child).catch((error: unknown) => {
    log.close();
    throw new UserError('cannot_start', `${name} could not be started: ${messageOf(error)}`, {
      hint: `Check that ${command} exists and may be run.`,
      exitCode: 1,
      cause: error,
    });
  });

  let stopping: Promise<void> | undefined;
  let ended = false;
  const signal = (which: NodeJS.Signals): void => {
    if (!ended) signalGroup(child, pid, which);
  };
  const onOwnExit = (): void => signal('SIGTERM');
  process.once('exit', onOwnExit);
  if (options.onMessage) child.on('message', options.onMessage);

  const exited = new Promise<ChildExit>((resolve) => {
    // "close" comes after the last output was read, "exit" may come before.
    child.once('close', (code, signalName) => {
      ended = true;
      process.off('exit', onOwnExit);
      log.close();
      const exit = { code, signal: signalName, expected: stopping !== undefined };
      options.onExit?.(exit);
      resolve(exit);
    });
  });

  const end = async (): Promise<void> => {
    signal('SIGTERM');
    const deadline = setTimeout(() => signal('SIGKILL'), graceMs);
    await exited;
    clearTimeout(deadline);
  };
  const stop = (): Promise<void> => (stopping ??= end());
  return {
    name,
    pid,
    exited,
    send: (message) => void (child.connected && child.send(message)),
    lastLines: (count = 10) => log.lines().slice(-count).join('\n'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * In a child started with `ipc`: calls back once when the parent has gone, however it went (also by SIGKILL, which lets it
 * tell nobody). Does not keep the process alive. Does nothing in a process that has no such parent.
 */
export function whenParentGone(callback: () => void): void {
  if (!process.connected) return;
  process.once('disconnect', callback);
  process.channel?.unref();
}

async function started(child: ChildProcess): Promise<{ pid: number }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.off('error', reject);
      child.on('error', () => undefined); // a failed kill or send; the exit tells the rest
      resolve({ pid: child.pid ?? 0 });
    });
  });
}

function signalGroup(child: ChildProcess, pid: number, which: NodeJS.Signals): void {
  try {
    if (process.platform === 'win32') child.kill(which);
    else process.kill(-pid, which);
  } catch {
    // ESRCH: it ended in the meantime
  }
}

interface Log {
  stdio: 'pipe' | number;
  attach(child: ChildProcess): void;
  lines(): string[];
  close(): void;
}

function memoryLog(onLine: ((line: string) => void) | undefined): Log {
  const kept: string[] = [];
  const keep = (line: string): void => {
    if (line.trim() === '') return;
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
    onLine?.(line);
  };
  const follow = (stream: Readable | null): void => {
    let rest = '';
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(keep);
    });
    stream?.once('end', () => keep(rest));
  };
  return {
    stdio: 'pipe',
    attach: (child) => [child.stdout, child.stderr].forEach(follow),
    lines: () => kept,
    close: () => undefined,
  };
}

function fileLog(path: string): Log {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+');
  const start = fstatSync(file).size; // earlier runs are not this child's words
  let closing: string[] | undefined;
  const tail = (): string[] => {
    const { size } = fstatSync(file);
    const from = Math.max(start, size - LOG_TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    readSync(file, buffer, 0, buffer.length, from);
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  };
  return {
    stdio: file,
    attach: () => undefined,
    lines: () => closing ?? tail(),
    close: () => {
      if (closing) return;
      closing = tail();
      closeSync(file);
    },
  };
}
