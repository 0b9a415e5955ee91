import { Pool, type PoolClient, type QueryConfig, types } from 'pg';
import { ReportImpossible } from '../message.ts';
import { boundValues, type Reader, textOf } from './query.ts';

/** Connections of one process to one database: reports are to be guests there. */
const POOL_SIZE = 3;
const CONNECT_TIMEOUT_MS = 10_000;
/** How much longer than the server's own limit an answer is waited for, in milliseconds. */
const ANSWER_GRACE_MS = 2_000;

/** Reports calculate with numbers, and show a date as it is written: it belongs to no zone. */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [types.builtins.INT8, Number],
  [types.builtins.NUMERIC, Number],
  [types.builtins.DATE, String],
]);

/**
 * Each query in a transaction of its own that may write nothing, which the server ends when the time is up; whatever it set or
 * locked is gone before the next one.
 */
export function postgresReader(url: string): Reader {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: 'slack-reports reader',
    types: { getTypeParser: (oid, format) => PARSERS.get(oid) ?? types.getTypeParser(oid, format) },
  });
  // A connection that breaks while it is idle is replaced at the next query.
  pool.on('error', () => {});
  // And one that breaks between two statements of a query: the next of them fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return async (query, timeoutMs) => {
    const text = textOf(query, (nth) => `$${nth}`);
    refuseUnlessReading(text);
    const client = await pool.connect();
    let broken = true;
    try {
      const rows = await readOnly(client, timeoutMs, { text, values: boundValues(query) });
      broken = false;
      return rows;
    } finally {
      // One that failed may still be at work, or in its transaction.
      client.release(broken);
    }
  };
}

/** The server's privileges of a superuser, for whom a transaction that is read only is no obstacle. PostgreSQL 14 and later. */
const AS_READER = `select set_config('role', 'pg_read_all_data', true) from pg_roles
  where rolname = session_user and rolsuper and current_setting('server_version_num')::int >= 140000`;

async function readOnly(client: PoolClient, timeoutMs: number, query: QueryConfig): Promise<unknown[]> {
  const limitMs = Math.max(1, Math.ceil(timeoutMs));
  const begin = `begin read only; set local statement_timeout = ${limitMs}; ${AS_READER}`;
  // A server that has gone silent answers none of these.
  const within = { query_timeout: timeoutMs + ANSWER_GRACE_MS };
  await client.query({ text: begin, ...within } as QueryConfig);
  // The extended protocol takes one statement, so that no text can end the transaction and begin another.
  const extended = { ...query, queryMode: 'extended', ...within };
  const { rows } = await client.query<Record<string, unknown>>(extended);
  // Takes back what a transaction that is read only may still do: settings, notices, and large objects before PostgreSQL 16.
  await client.query({ text: 'rollback', ...within } as QueryConfig);
  // And what it may not take back: locks of the session, and what it listens to.
  await client.query({ text: 'discard all', ...within } as QueryConfig);
  return rows;
}

/** Texts and comments, in which no word counts. A quoted name is one. */
const NO_WORDS = /'(?:[^']|'')*'|--[^\n]*|\/\*[^]*?\*\/|\$(\w*)\$[^]*?\$\1\$/g;
const READS = /^[\s(]*(?:select|with|values|table|show|explain)(?!\w)/i;
/** What reaches out of the database, for those that may: files and programs of the server, other servers, other sessions. */
const REACHES_OUT =
  /(?<!\w)(?:lo_(?:import|export|put|from_bytea|creat|create|unlink|open)|lowrite|pg_(?:read_(?:binary_)?file|ls_\w+|stat_file|file_\w+|terminate_backend|cancel_backend|reload_conf|rotate_logfile|promote|switch_wal|create_\w+|drop_\w+|advisory_\w+|replication_\w+|logical_\w+|export_snapshot|execute_server_program)|dblink\w*|query_to_xml\w*|set_config|copy)"?\s*\(/i;

/** @throws ReportImpossible for what is no query, and for what would reach out of the database. */
function refuseUnlessReading(text: string): void {
  const words = text.replace(NO_WORDS, ' ');
  if (!READS.test(words)) {
    throw new ReportImpossible('A report reads: its query begins with select, with, values, table, show or explain');
  }
  const found = REACHES_OUT.exec(words)?.[0];
  if (found !== undefined) {
    throw new ReportImpossible(
      `A query of a report may not call ${/^\w+/.exec(found)?.[0]}: it reads tables, and nothing else`,
    );
  }
}
