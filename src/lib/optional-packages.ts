import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Those of these packages that are not installed: optional peers of ours, which a project adds if it wants what they do. */
export function missingPackages(names: readonly string[], from: string = import.meta.url): string[] {
  const { resolve } = createRequire(from);
  // Only whether it is there: what a package exports, and to whom, is its own matter.
  return names.filter((name) => !(resolve.paths(name) ?? []).some((folder) => existsSync(join(folder, name))));
}
