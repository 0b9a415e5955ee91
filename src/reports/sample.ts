import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `npm start` shows without a Slack token. A deployment leaves this folder out. */
export const SAMPLE_FOLDER = fileURLToPath(new URL('../../examples/sample', import.meta.url));

/** The sample's own report and database, for a store that has the sample. */
export interface Sample {
  /** Folder of reports. */
  readonly reports: string;
  /** What `database('sample')` reads. */
  readonly databaseUrl: string;
}

/** Where the sample's database goes: next to an embedded store. A store in Postgres has no sample. */
export function sampleFile(databaseUrl: string): string | undefined {
  const [, file] = /^sqlite:(.+)$/.exec(databaseUrl) ?? [];
  return file === undefined ? undefined : join(dirname(resolve(file)), 'sample.db');
}

/** Undefined unless the sample was added, which only `npm start` without a token and `npm run sample` do. */
export function findSample(databaseUrl: string): Sample | undefined {
  const file = sampleFile(databaseUrl);
  const reports = join(SAMPLE_FOLDER, 'reports');
  if (file === undefined || !existsSync(file) || !existsSync(reports)) return undefined;
  return { reports, databaseUrl: `sqlite:${file}` };
}
