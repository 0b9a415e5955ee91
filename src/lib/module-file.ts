import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The path of another file of this program, for a process or a bundle that takes one. `name` has no extension: the files
 * are `.ts` in a clone, and `.js` in the published package. `moduleFile('../worker', import.meta.url)`
 */
export function moduleFile(name: string, from: string): string {
  return fileURLToPath(new URL(name + extname(from), from));
}
