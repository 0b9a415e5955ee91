import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql as kyselySql } from 'kysely';
import { messageOf } from '../errors.ts';
import { cache } from './cache.ts';
import { databases } from './databases.ts';
import { OWN_REPORTS } from './folder.ts';
import { httpSource } from './http.ts';
import { boundValues } from './named-parameters.ts';
import { ReportImpossible } from './message.ts';
import type { Sample } from './sample.ts';
import type { Sources } from './source-types.ts';

export interface SourceSettings {
  /** Address of the store, for `database('store')`. */
  storeUrl: string;
  /** Where the references of databases and secrets are looked up. */
  env: NodeJS.ProcessEnv;
  /** Where the files of queries are; `my-reports` where none is set. */
  folder?: string | undefined;
  sample?: Sample | undefined;
}

/** Part of a file's name. */
const QUERY_NAME = /^[a-z0-9][a-z0-9_-]{0,59}$/i;

/** The sources of one process; its cache and its connections are shared by all reports, and keep no process alive. */
export function sourcesOf(db: Kysely<never>, { storeUrl, env, folder = OWN_REPORTS, sample }: SourceSettings): Sources {
  return {
    sql: async <Row>(strings: TemplateStringsArray, ...values: unknown[]) =>
      (await kyselySql<Row>(strings, ...boundValues({ strings, values })).execute(db)).rows,
    database: databases(storeUrl, env, sample),
    http: httpSource(env),
    cached: cache(),
    queryFile: (name) => queryFile(folder, name),
  };
}

async function queryFile(folder: string, name: string): Promise<string> {
  if (!QUERY_NAME.test(name)) throw new ReportImpossible(`"${name}" is no name of a query: a-z, 0-9, "_" and "-"`);
  const file = join(folder, `${name}.sql`);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ReportImpossible(`Cannot read the query ${file}: ${messageOf(error)}`, { cause: error });
  }
}
