import { Pool, type PoolClient, type QueryConfig, types } from 'pg';
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

/** Each query in a transaction of its own that may write nothing, which the server ends when the time is up. */
export function postgresReader(url: string): Reader {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    allowExitOnIdle: true,
    application_name: 'slack-reports reader',
    types: { getTypeParser: (oid, format) => PARSERS.get(oid) ?? types.getTypeParser(oid, format) },
  });
  // A connection that breaks while it is idle is replaced at the next query.
  pool.on('error', () => {});
  return async (query, timeoutMs) => {
    const client = await pool.connect();
    let broken = true;
    try {
      const rows = await readOnly(client, timeoutMs, {
        text: textOf(query, (nth) => `$${nth}`),
        values: boundValues(query),
      });
      broken = false;
      return rows;
    } finally {
      // One that failed may still be at work, or in its transaction.
      client.release(broken);
    }
  };
}

async function readOnly(client: PoolClient, timeoutMs: number, query: QueryConfig): Promise<unknown[]> {
  await client.query(`begin read only; set local statement_timeout = ${Math.max(1, Math.ceil(timeoutMs))}`);
  // The extended protocol takes one statement, so that no text can end the transaction and begin another.
  const extended = { ...query, queryMode: 'extended', query_timeout: timeoutMs + ANSWER_GRACE_MS };
  const { rows } = await client.query<Record<string, unknown>>(extended);
  await client.query('commit');
  return rows;
}
