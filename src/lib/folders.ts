import { closeSync, existsSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';

/**
 * Makes it with its parents; those that it makes are their owner's alone. Node's own recursive mkdir never ends where a file system refuses a folder as if its parent
 * were missing: /proc.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process was quicker.
    if (!existsSync(folder)) throw error;
  }
}

/** Makes an empty file that only its owner can read, or leaves the one that is there. SQLite gives its WAL the same mode. */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

/**
 * Copies a file so that only its owner can read the copy, at no moment anyone else: `fs.copyFile` gives it the mode of the
 * original, and has the data follow.
 */
export function copyPrivately(from: string, to: string): void {
  const source = openSync(from, 'r');
  try {
    const target = openSync(to, 'wx', 0o600);
    try {
      const buffer = Buffer.allocUnsafe(COPY_BYTES);
      for (let read = readSync(source, buffer); read > 0; read = readSync(source, buffer)) {
        for (let done = 0; done < read;) done += writeSync(target, buffer, done, read - done);
      }
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

const COPY_BYTES = 1_048_576;

/** The folder for what this program fetched, built or compiled, by the custom of the platform. */
export function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = env['HOME'] || homedir();
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'slack-reports');
  if (platform === 'darwin') return join(env['XDG_CACHE_HOME'] || join(home, 'Library', 'Caches'), 'slack-reports');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'slack-reports');
}

/**
 * What is loaded from here on is kept as Node has compiled it, without its types, so that the next process starts in half the
 * time. Where NODE_COMPILE_CACHE says, or in the user's cache; where that cannot be written all is as slow as the first time.
 */
export function keepCompiled(env: NodeJS.ProcessEnv): void {
  if (getCompileCacheDir() !== undefined) return;
  const folder = join(cacheFolder(env), 'compiled');
  try {
    makeFolder(folder);
  } catch {
    return;
  }
  enableCompileCache(folder);
}
