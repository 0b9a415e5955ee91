import { PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';

/** Connections of one process. A claim or a post holds one for a few milliseconds. */
const POOL_SIZE = 10;
/** How long to wait for the server, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Kysely's Postgres dialect over `pg`. `count(*)` comes as a number, as it does from SQLite. */
export function postgresDialect(url: string): PostgresDialect {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'slack-reports',
    types: {
      getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)),
    },
  });
  // A connection that breaks while it is idle is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  // The pool listens only to those that are idle. One that breaks between two queries of a transaction tells it here too, and
  // its next query fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new PostgresDialect({ pool });
}
