import { isDatabaseUrl, isPostgres, sqliteFile } from '../../lib/database-url.ts';
import { knowPasswordOf } from '../../lib/known-secrets.ts';
import { ReportImpossible } from '../message.ts';
import { piecesOf, type Reader } from './query.ts';
import { postgresReader } from './postgres-reader.ts';
import type { Sample } from '../sample.ts';
import type { Database, Sources, SqlValue } from './types.ts';
import { sqliteReader } from './sqlite-reader.ts';

/** How long a query may take unless the report says otherwise, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** Databases by name, each opened at its first query. */
export function databases(storeUrl: string, env: NodeJS.ProcessEnv, sample?: Sample): Sources['database'] {
  const known: Readonly<Record<string, string | undefined>> = { store: storeUrl, sample: sample?.databaseUrl };
  const opened = new Map<string, Database>();
  return (name) => {
    const before = opened.get(name);
    if (before !== undefined) return before;
    const database = databaseOver(readerFor(known[name] ?? addressOf(name, env)));
    opened.set(name, database);
    return database;
  };
}

function readerFor(url: string): Reader {
  return isPostgres(url) ? postgresReader(url) : sqliteReader(sqliteFile(url));
}

/** Never shown: it may hold a password. */
function addressOf(name: string, env: NodeJS.ProcessEnv): string {
  const variable = `REPORTS_DB_${name.toUpperCase().replaceAll('-', '_')}`;
  if (!/^[A-Z0-9_]+$/.test(variable))
    throw new ReportImpossible(`"${name}" cannot be the name of a database: use a-z, 0-9 and "-"`);
  const url = env[variable]?.trim() ?? '';
  knowPasswordOf(url);
  if (url === '') throw new ReportImpossible(`There is no database "${name}": the worker's ${variable} is not set`);
  if (isDatabaseUrl(url)) return url;
  throw new ReportImpossible(
    `${variable} is neither postgres://user:password@host/database (with an sslmode that exists) nor sqlite:path/to/file.db`,
  );
}

function databaseOver(read: Reader): Database {
  return {
    sql: async <Row>(strings: TemplateStringsArray, ...values: unknown[]) =>
      (await read({ strings, values }, TIMEOUT_MS)) as Row[],
    query: async <Row>(
      text: string,
      parameters: Readonly<Record<string, SqlValue>> = {},
      { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
    ) => (await read(piecesOf(text, parameters), timeoutMs)) as Row[],
  };
}
