import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { messageOf } from '../errors.ts';
import { startChild } from './child-process.ts';

interface InstallOptions {
  version: string;
  /** Where the program is to be; its folder exists. */
  target: string;
  onProgress: (line: string) => void;
  signal: AbortSignal | undefined;
}

const DOWNLOAD_DEADLINE_MS = 60_000;
const BUILD_DEADLINE_MS = 20 * 60_000;
const PROGRESS_EVERY_MS = 10_000;
const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/**
 * Fetches the CLI's archive and puts the program at `target`.
 *
 * Not through the SDK, although `TestWorkflowEnvironment.createLocal` downloads a CLI too: it cannot be given a deadline or
 * be aborted, it starts a server to get the file, and it installs the SDK's Runtime, which a worker in the same process then
 * could no longer configure.
 */
export async function downloadArchive(options: InstallOptions & { from: string }): Promise<string> {
  const { from, version, target, onProgress, signal } = options;
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const url = `${from}/v${version}?platform=${platform}&arch=${arch}`;
  const deadline = AbortSignal.timeout(DOWNLOAD_DEADLINE_MS);
  const until = signal ? AbortSignal.any([signal, deadline]) : deadline;

  onProgress(`Fetching the Temporal CLI ${version} from ${url}`);
  return inScratchFolder(target, async (folder) => {
    try {
      const response = await fetch(url, { signal: until });
      if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
      const archive = join(folder, 'archive');
      await pipeline(Readable.fromWeb(response.body), createWriteStream(archive), { signal: until });
      // No -z: the tar of Windows and macOS also reads the zip that Windows gets, and every tar finds gzip by itself.
      await promisify(execFile)('tar', ['-xf', archive, '-C', folder, PROGRAM], { signal: until, windowsHide: true });
    } catch (error) {
      if (deadline.aborted) throw new Error(`no answer in full within 60 s from ${url}`, { cause: error });
      const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : '';
      throw new Error(`${messageOf(error)}${cause} (${url})`, { cause: error });
    }
    return join(folder, PROGRAM);
  });
}

/** Builds the CLI with Go and puts it at `target`. Minutes when Go's caches are empty, seconds when they are warm. */
export async function buildWithGo(options: InstallOptions & { go: string; env: NodeJS.ProcessEnv }): Promise<string> {
  const { go, env, version, target, onProgress, signal } = options;
  const started = Date.now();
  let modules = 0;
  const report = (): void => {
    const seconds = Math.round((Date.now() - started) / 1_000);
    onProgress(`building the Temporal CLI with Go: ${modules} modules fetched, compiling, ${seconds} s so far`);
  };

  onProgress(`building the Temporal CLI ${version} with Go (once, a few minutes)`);
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
    const ticker = setInterval(report, PROGRESS_EVERY_MS);
    const deadline = setTimeout(stop, BUILD_DEADLINE_MS);
    try {
      if (signal?.aborted) stop();
      const { code, expected } = await build.exited;
      if (expected) throw new Error('stopped, or not done within 20 minutes');
      if (code !== 0)
        throw new Error(`go install ended with exit code ${code}: ${build.lastLines(3).replaceAll('\n', ' · ')}`);
    } finally {
      clearInterval(ticker);
      clearTimeout(deadline);
      signal?.removeEventListener('abort', stop);
    }
    report();
    return join(folder, PROGRAM);
  });
}

/**
 * Makes the program in a scratch folder beside `target` and moves it there in one step, so that two processes at once never
 * see half a file of each other: the later move wins, and both files are whole.
 */
async function inScratchFolder(target: string, make: (folder: string) => Promise<string>): Promise<string> {
  const folder = await mkdtemp(`${target}.new-`);
  try {
    const program = await make(folder);
    await chmod(program, 0o755);
    await rename(program, target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
