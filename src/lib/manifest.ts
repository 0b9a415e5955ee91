import { readFileSync } from 'node:fs';

interface Manifest {
  version: string;
  peerDependencies: Record<string, string>;
}

/** The `package.json` of slack-reports itself. */
export function packageManifest(): Manifest {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;
}
