import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../lib/errors.ts';
import { startChild } from './child-process.ts';
import type { Progress } from './progress-line.ts';

interface InstallOptions {
  version: string;
  /** Where the program goes; its folder exists. */
  target: string;
  progress: Progress;
  signal: AbortSignal | undefined;
}

const DOWNLOAD_DEADLINE_MS = 60_000;
const BUILD_DEADLINE_MS = 20 * 60_000;
const PROGRESS_EVERY_MS = 1_000;
const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/**
 * Fetches the CLI's archive and puts the program at `target`.
 *
 * The SDK's `TestWorkflowEnvironment.createLocal` downloads a CLI too, but it takes no deadline and cannot be aborted. It
 * also starts a server, and installs the SDK's Runtime, which a worker in the same process then cannot configure.
 */
export async function downloadArchive(options: InstallOptions & { from: string }): Promise<string> {
  const { from, version, target, progress, signal } = options;
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const url = `${from}/v${version}?platform=${platform}&arch=${arch}`;
  const deadline = AbortSignal.timeout(DOWNLOAD_DEADLINE_MS);
  const cancelSignal = signal ? AbortSignal.any([signal, deadline]) : deadline;

  progress.say(`Fetching the Temporal CLI ${version} from ${url}`);
  return inScratchFolder(target, async (folder) => {
    try {
      const response = await fetch(url, { signal: cancelSignal });
      if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
      const archive = join(folder, 'archive');
      await pipeline(Readable.fromWeb(response.body), createWriteStream(archive), { signal: cancelSignal });
      // No -z: the tar of Windows and macOS also reads the zip that Windows gets, and every tar finds gzip by itself.
      const { execa } = await import('execa');
      await execa('tar', ['-xf', archive, '-C', folder, PROGRAM], { cancelSignal });
    } catch (error) {
      if (deadline.aborted) throw new Error(`no complete answer within 60 s from ${url}`, { cause: error });
      const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : '';
      throw new Error(`${messageOf(error)}${cause} (${url})`, { cause: error });
    }
    return join(folder, PROGRAM);
  });
}

/** Builds the CLI with Go and puts it at `target`. Takes minutes when Go's caches are empty, seconds when they are warm. */
export async function buildWithGo(options: InstallOptions & { go: string; env: NodeJS.ProcessEnv }): Promise<string> {
  const { go, env, version, target, progress, signal } = options;
  const started = Date.now();
  let modules = 0;
  const state = (): string => {
    const seconds = Math.round((Date.now() - started) / 1_000);
    return `${modules} modules fetched, ${seconds} s`;
  };

  progress.say(`Building the Temporal CLI ${version} with Go (once, a few minutes)`);
  return inScratchFolder(target, async (folder) => {
    await using build = await startChild({
      name: 'go install',
      command: go,
      args: ['install', `github.com/temporalio/cli/cmd/temporal@v${version}`],
      env: { ...env, GOBIN: folder },
      onLine: (line) => {
        if (line.startsWith('go: downloading ')) modules += 1;
      },
    });
    const stop = (): void => void build.stop();
    signal?.addEventListener('abort', stop, { once: true });
    const ticker = setInterval(() => progress.update(`Building the Temporal CLI: ${state()}`), PROGRESS_EVERY_MS);
    const deadline = setTimeout(stop, BUILD_DEADLINE_MS);
    try {
      if (signal?.aborted) stop();
      const { code, expected } = await build.exited;
      if (expected) throw new Error('stopped, or not finished within 20 minutes');
      if (code !== 0)
        throw new Error(`go install ended with exit code ${code}: ${build.lastLines(3).replaceAll('\n', ' · ')}`);
    } finally {
      clearInterval(ticker);
      progress.clear();
      clearTimeout(deadline);
      signal?.removeEventListener('abort', stop);
    }
    progress.say(`Built the Temporal CLI: ${state()}`);
    return join(folder, PROGRAM);
  });
}

/**
 * Makes the program in a scratch folder next to `target` and moves it there in one step, so that other processes never see
 * half a file. Called with the lock of `target`, so other scratch folders were left by killed processes.
 */
async function inScratchFolder(target: string, make: (folder: string) => Promise<string>): Promise<string> {
  const prefix = `${target}.new-`;
  for (const name of await readdir(dirname(target))) {
    const path = join(dirname(target), name);
    if (path.startsWith(prefix)) await rm(path, { recursive: true, force: true });
  }
  const folder = await mkdtemp(prefix);
  try {
    const program = await make(folder);
    await chmod(program, 0o755);
    await rename(program, target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
