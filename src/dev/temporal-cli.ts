import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { messageOf, UserError } from '../lib/errors.ts';
import { cacheFolder } from '../lib/folders.ts';
import { lockFile } from './file-lock.ts';
import type { Progress } from './progress-line.ts';
import { buildWithGo, downloadArchive } from './temporal-cli-install.ts';

export interface TemporalCli {
  path: string;
  source: 'TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'go install';
  /** As the CLI shows it, e.g. `1.5.1 (Server 1.29.1, UI 2.42.1)`. */
  version: string;
}

export interface FindOptions {
  /** `process.env`, or a test's own: TEMPORAL_CLI, PATH, XDG_CACHE_HOME, HOME, LOCALAPPDATA. */
  env: NodeJS.ProcessEnv;
  /** For what is fetched or built. */
  progress: Progress;
  signal?: AbortSignal;
  /** Where archives are fetched from, for a mirror or a test. */
  downloadFrom?: string;
}

/** The version to fetch or build. The Go module proxy lacks 1.6 to 1.8, and `go install` refuses 1.9.1. */
export const TEMPORAL_CLI_VERSION = '1.5.1';
/** Temporal's own download service, as in https://docs.temporal.io/cli#install. */
const DOWNLOADS = 'https://temporal.download/cli/archive';
const ANSWER_MS = 20_000;

/**
 * Finds a Temporal CLI, or gets one: `TEMPORAL_CLI` · `temporal` on PATH · the user's cache · a download (at most 60 s) ·
 * `go install` (a few minutes, once). The cache keeps what was downloaded or built. One process downloads or builds at a
 * time; the others wait and use its result.
 * @throws UserError `bad_temporal_cli` when TEMPORAL_CLI is set and does not work, `no_temporal_cli` when none is found.
 * @throws the reason of `signal` when it aborts.
 */
export async function findTemporalCli(options: FindOptions): Promise<TemporalCli> {
  const { env, progress, signal, downloadFrom = DOWNLOADS } = options;
  if (env['TEMPORAL_CLI']) return useNamed(env['TEMPORAL_CLI'], env);

  const folder = cacheFolder(env);
  const target = join(folder, `temporal-${TEMPORAL_CLI_VERSION}${process.platform === 'win32' ? '.exe' : ''}`);
  const tried: string[] = [];
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
      if (source === 'download') progress.say(`Couldn't get the Temporal CLI by ${reason}`);
      return undefined;
    }
  };
  const fromCache = () => attempt('cache', () => executable(target));
  const install = { version: TEMPORAL_CLI_VERSION, target, progress, signal };

  const found = (await attempt('PATH', () => onPath('temporal', env))) ?? (await fromCache());
  if (found) return found;
  await mkdir(folder, { recursive: true });
  const onWait = () => progress.say('Waiting for another process that gets the Temporal CLI');
  await using _ = await lockFile(target, { onWait, signal });
  tried.pop(); // looked up again, since another process may have put it there
  const made =
    (await fromCache()) ??
    (await attempt('download', () => downloadArchive({ ...install, from: downloadFrom }))) ??
    (await attempt('go install', async () => buildWithGo({ ...install, go: await onPath('go', env), env })));
  if (made) return made;
  throw UserError.failure(
    'no_temporal_cli',
    `Couldn't find the Temporal CLI, or get it. Tried:\n${tried.map((line) => `- ${line}`).join('\n')}`,
    {
      hint:
        'Install it (https://docs.temporal.io/cli, or "brew install temporal"), or set TEMPORAL_CLI to its path, ' +
        'or set TEMPORAL_ADDRESS to a server that is running.',
    },
  );
}

async function useNamed(path: string, env: NodeJS.ProcessEnv): Promise<TemporalCli> {
  try {
    return { path: await executable(path), source: 'TEMPORAL_CLI', version: await versionOf(path, env) };
  } catch (error) {
    throw UserError.input('bad_temporal_cli', `TEMPORAL_CLI is "${path}", which does not work: ${messageOf(error)}`, {
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
  const { execa } = await import('execa');
  const { stdout } = await execa(path, ['--version'], { env, extendEnv: false, timeout: ANSWER_MS });
  const version = /version\s+(\S.*)/.exec(stdout)?.[1]?.trim();
  if (!version) throw new Error(`${path} --version shows no version`);
  return version;
}
