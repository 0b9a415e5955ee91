import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for what this program fetched, built or compiled, by the custom of the platform. */
export function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = env['HOME'] || homedir();
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'slack-reports');
  if (platform === 'darwin') return join(env['XDG_CACHE_HOME'] || join(home, 'Library', 'Caches'), 'slack-reports');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'slack-reports');
}
