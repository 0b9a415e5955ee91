import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql as kyselySql } from 'kysely';
import { messageOf } from '../../lib/errors.ts';
import { databases } from './databases.ts';
import { OWN_REPORTS } from '../folder.ts';
import { httpSource } from './http.ts';
import { boundValues } from './query.ts';
import { ReportImpossible } from '../message.ts';
import type { Sample } from '../sample.ts';
import type { Sources } from './types.ts';

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
  if (!QUERY_NAME.test(name))
    throw new ReportImpossible(`"${name}" cannot be the name of a query: use a-z, 0-9, "_" and "-"`);
  const file = join(folder, `${name}.sql`);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ReportImpossible(`Cannot read the query ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Values kept; the one that was made first goes first. */
const VALUES_KEPT = 500;

interface Kept {
  value: Promise<unknown>;
  until: number;
}

/** Loads once what many deliveries of one process ask for. The others wait for the same value. */
export function cache(now: () => number = Date.now): Sources['cached'] {
  const kept = new Map<string, Kept>();
  return <Value>(key: string, ttlMs: number, load: () => Promise<Value>): Promise<Value> => {
    const known = kept.get(key);
    if (known !== undefined && now() < known.until) return known.value as Promise<Value>;
    const value = load();
    const entry = { value, until: Infinity };
    kept.delete(key);
    kept.set(key, entry);
    void settle(key, entry, ttlMs);
    const [oldest] = kept.keys();
    if (kept.size > VALUES_KEPT && oldest !== undefined) kept.delete(oldest);
    return value;
  };

  /** Its time begins when it is there, however long it took; an error is not kept. */
  async function settle(key: string, entry: Kept, ttlMs: number): Promise<void> {
    try {
      await entry.value;
      entry.until = now() + ttlMs;
    } catch {
      // Those who asked are told.
      if (kept.get(key) === entry) kept.delete(key);
    }
  }
}
