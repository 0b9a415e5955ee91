import { PostgresDialect } from 'kysely';
import { schemaOf } from '../lib/database-url.ts';
import { Client, Pool, type PoolConfig, types } from 'pg';

/** Connections of one process. A claim or a post holds one for a few milliseconds. */
const POOL_SIZE = 10;

/** In milliseconds. Where the server answers, each is far longer than anything this program asks of it. */
export interface Timeouts {
  /** For a free connection of the pool, and for a new one. */
  connect: number;
  /** For one statement, by the server. */
  statement: number;
  /** For a lock that another transaction holds, by the server. */
  lock: number;
  /** Between two statements of a transaction, by the server: a process that is gone holds no locks for longer. */
  idleInTransaction: number;
  /** For an answer, by this process: a server or a network that has gone silent answers nothing, not even that it is too late. */
  answer: number;
}

const TIMEOUTS: Timeouts = {
  connect: 10_000,
  statement: 30_000,
  lock: 20_000,
  idleInTransaction: 60_000,
  answer: 40_000,
};
/** For migrations, which may rewrite a table of millions of rows. */
export const UNHURRIED: Timeouts = { connect: 10_000, statement: 0, lock: 0, idleInTransaction: 0, answer: 0 };
/** Before the first probe of an idle connection, in milliseconds; a firewall may forget one after some minutes. */
const KEEP_ALIVE_MS = 30_000;

/** Kysely's Postgres dialect over `pg`. `count(*)` comes as a number, as it does from SQLite. */
export function postgresDialect(url: string, timeouts: Timeouts = TIMEOUTS): PostgresDialect {
  return new PostgresDialect({ pool: postgresPool(url, timeouts) });
}

/**
 * A connection that answered nothing in time is closed, so that the pool makes a new one: `pg` itself only gives up the query, and
 * the next one would wait on the same dead line.
 */
class EndingClient extends Client {
  // One of pg's many signatures; the pool and Kysely use the one with a promise.
  override query(...args: never[]): never {
    const answer = (super.query as (...all: never[]) => unknown)(...args);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        if (error instanceof Error && error.message === 'Query read timeout') this.#close();
      });
    }
    return answer as never;
  }

  #close(): void {
    const { connection } = this as unknown as { connection: { stream: { destroy: () => void } } };
    // The pool takes no client back that has begun to end. That it ends no better than it answered is known already.
    this.end().catch(() => undefined);
    connection.stream.destroy();
  }
}

function postgresPool(url: string, { connect, statement, lock, idleInTransaction, answer }: Timeouts): Pool {
  const schema = schemaOf(url);
  const config: PoolConfig = {
    connectionString: withoutSchema(url),
    ...(schema !== undefined && { options: `-c search_path=${schema}` }),
    max: POOL_SIZE,
    connectionTimeoutMillis: connect,
    statement_timeout: statement,
    lock_timeout: lock,
    idle_in_transaction_session_timeout: idleInTransaction,
    query_timeout: answer,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: 'slack-reports',
    types: {
      getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)),
    },
  };
  const pool = new Pool({ ...config, Client: EndingClient });
  // A connection that breaks while it is idle is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  // The pool listens only to those that are idle. One that breaks between two queries of a transaction tells it here too, and
  // its next query fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** `schema` is a parameter of ours, which Postgres does not know. */
function withoutSchema(url: string): string {
  const rest = new URL(url);
  rest.searchParams.delete('schema');
  return rest.href;
}
