import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('histories/', import.meta.url));

export interface CommittedHistory {
  /** `0.2.0/deliver-delivered`: the version that made it, and its shape. */
  name: string;
  text: string;
}

/** The histories of every released version, and of the one under way. */
export async function committedHistories(): Promise<CommittedHistory[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(async (file) => ({
      name: join(file, '..', basename(file, '.json')),
      text: await readFile(join(folder, file), 'utf8'),
    })),
  );
}
