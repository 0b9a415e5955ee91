import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';

/**
 * Makes it with its parents. Node's own recursive mkdir never ends where a file system refuses a folder as if its parent
 * were missing: /proc.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was quicker.
    if (!existsSync(folder)) throw error;
  }
}

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
