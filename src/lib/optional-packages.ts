import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageManifest } from './manifest.ts';

/** Those of these packages that are not installed: optional peers of ours, which a project adds if it wants what they do. */
export function missingPackages(names: readonly string[], from: string = import.meta.url): string[] {
  const { resolve } = createRequire(from);
  // Only whether it is there: what a package exports, and to whom, is its own matter.
  return names.filter((name) => !(resolve.paths(name) ?? []).some((folder) => existsSync(join(folder, name))));
}

/**
 * `npm install echarts@6`: with the major version that we know, since the newest one may be another. Of 0.57 the minor one
 * counts.
 */
export function installCommand(names: readonly string[]): string {
  const { peerDependencies } = packageManifest();
  const known = names.map((name) => {
    const [version = ''] = /\d+/.exec(peerDependencies[name] ?? '') ?? [];
    const [minor = ''] = /0\.\d+/.exec(peerDependencies[name] ?? '') ?? [];
    return `${name}@${version === '0' ? minor : version}`;
  });
  return `npm install ${known.join(' ')}`;
}
