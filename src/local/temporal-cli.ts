import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, UserError } from '../errors.ts';
import { cacheFolder } from './cache.ts';
import { buildWithGo, downloadArchive } from './temporal-cli-install.ts';

export interface TemporalCli {
  path: string;
  source: 'TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'go install';
  /** As the CLI tells it, e.g. `1.5.1 (Server 1.29.1, UI 2.42.1)`. */
  version: string;
}

export interface FindOptions {
  /** `process.env`, or what a test wants: TEMPORAL_CLI, PATH, XDG_CACHE_HOME, HOME, LOCALAPPDATA. */
  env: NodeJS.ProcessEnv;
  /** Gets a line now and then while something is fetched or built. */
  onProgress: (line: string) => void;
  signal?: AbortSignal;
  /** Where archives are fetched from, for a mirror or a test. */
  downloadFrom?: string;
}

/** The version that is fetched or built. 1.6 to 1.9 cannot be had through the Go module proxy. */
export const TEMPORAL_CLI_VERSION = '1.5.1';
/** Temporal's own download service, as in https://docs.temporal.io/cli#install. */
const DOWNLOADS = 'https://temporal.download/cli/archive';
const ANSWER_MS = 20_000;

/**
 * Finds a Temporal CLI, or gets one: `TEMPORAL_CLI` · `temporal` on PATH · the user's cache · a download (at most 60 s) ·
 * `go install` (a few minutes, once). What was fetched or built is kept in the cache.
 * @throws UserError `bad_temporal_cli` when TEMPORAL_CLI is set and does not work, `no_temporal_cli` when none can be had.
 * @throws the reason of `signal` when it aborts.
 */
export async function findTemporalCli(options: FindOptions): Promise<TemporalCli> {
  const { env, onProgress, signal, downloadFrom = DOWNLOADS } = options;
  if (env['TEMPORAL_CLI']) return useNamed(env['TEMPORAL_CLI'], env);

  const tried: string[] = [];
  const target = join(
    cacheFolder(env),
    `temporal-${TEMPORAL_CLI_VERSION}${process.platform === 'win32' ? '.exe' : ''}`,
  );
  const attempt = async (
    source: TemporalCli['source'],
    get: () => Promise<string>,
  ): Promise<TemporalCli | undefined> => {
    try {
      const path = await get();
      return { path, source, version: await versionOf(path, env) };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = `${source}: ${messageOf(error)}`;
      tried.push(reason);
      if (source === 'download') onProgress(`The Temporal CLI could not be had by ${reason}`);
      return undefined;
    }
  };
  const prepare = () => mkdir(cacheFolder(env), { recursive: true });

  const found =
    (await attempt('PATH', () => onPath('temporal', env))) ??
    (await attempt('cache', () => executable(target))) ??
    (await attempt('download', async () => {
      await prepare();
      return downloadArchive({ from: downloadFrom, version: TEMPORAL_CLI_VERSION, target, onProgress, signal });
    })) ??
    (await attempt('go install', async () => {
      const go = await onPath('go', env);
      await prepare();
      return buildWithGo({ go, env, version: TEMPORAL_CLI_VERSION, target, onProgress, signal });
    }));
  if (found) return found;
  throw new UserError(
    'no_temporal_cli',
    `No Temporal CLI could be had. Tried:\n${tried.map((line) => `- ${line}`).join('\n')}`,
    {
      hint:
        'Install it (https://docs.temporal.io/cli, or "brew install temporal"), or set TEMPORAL_CLI to its path, ' +
        'or set TEMPORAL_ADDRESS to a server that is running.',
      exitCode: 1,
    },
  );
}

async function useNamed(path: string, env: NodeJS.ProcessEnv): Promise<TemporalCli> {
  try {
    return { path: await executable(path), source: 'TEMPORAL_CLI', version: await versionOf(path, env) };
  } catch (error) {
    throw new UserError('bad_temporal_cli', `TEMPORAL_CLI is "${path}", which does not work: ${messageOf(error)}`, {
      hint: 'Set it to the path of the Temporal CLI (https://docs.temporal.io/cli), or unset it.',
      cause: error,
    });
  }
}

async function executable(path: string): Promise<string> {
  await access(path, constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path} ${error.code === 'ENOENT' ? 'does not exist' : `cannot be run (${error.code})`}`);
  });
  return path;
}

async function onPath(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = process.platform === 'win32' ? `${program}.exe` : program;
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, file);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error(`"${program}" is not on PATH`);
}

async function versionOf(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run(path, ['--version'], { env, timeout: ANSWER_MS, windowsHide: true });
  const version = /version\s+(\S.*)/.exec(stdout)?.[1]?.trim();
  if (!version) throw new Error(`${path} --version did not tell a version`);
  return version;
}
