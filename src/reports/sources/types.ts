import type { z } from 'zod';
import type { EnvReference } from './secrets.ts';

/** What a query takes for a value; an instant is written in ISO 8601 UTC. */
export type SqlValue = string | number | bigint | boolean | null | Date;

/**
 * A parameterised query: every `${value}` becomes a bound parameter, never text.
 * @example const rows = await sql<{ name: string }>`select name from customers where id = ${account}`;
 */
export type Sql = <Row>(strings: TemplateStringsArray, ...values: unknown[]) => Promise<Row[]>;

/** A Postgres or SQLite database, read only. Its queries have 30 seconds each, or `timeoutMs`. */
export interface Database {
  sql: Sql;
  /**
   * A query with named parameters, bound as those of `sql` are; what is not used in it is passed over.
   * @example query<{ name: string }>('select name from customers where region = :region', { region })
   */
  query: <Row>(
    text: string,
    parameters?: Readonly<Record<string, SqlValue>>,
    options?: { timeoutMs?: number },
  ) => Promise<Row[]>;
}

/** Headers and the time limit of a request. */
export interface HttpOptions {
  /** Secrets by reference: `{ authorization: env('CRM_TOKEN', 'Bearer ') }`. With one, no redirect is followed. */
  headers?: Readonly<Record<string, string | EnvReference>>;
  /** For one attempt, in milliseconds; 10,000 unless said otherwise. */
  timeoutMs?: number;
}

/** What a request for JSON needs as well: the schema of the answer, and its greatest size. */
export interface JsonOptions<Schema extends z.ZodType> extends HttpOptions {
  /** What the answer has to look like; what it gives is the result. */
  schema: Schema;
  /** Of the answer; 5 MB unless said otherwise. */
  maxBytes?: number;
}

/** What came of looking at an address. */
export interface Probe {
  /** Undefined where there was no answer. */
  status: number | undefined;
  /** Until the head of the answer, in milliseconds. */
  ms: number;
  /** Why there was no answer. */
  problem: string | undefined;
}

/** Requests to other services, as `http` in `load`. */
export interface Http {
  /**
   * GETs JSON. Tried three times, with growing pauses, where the answer is 429, 408 or 5xx, or none; not before
   * `Retry-After`, but within 90 seconds in all. Throws an Error that names the address without its query.
   * @example const rates = await http.json('https://rates.example.com/today', { schema: z.record(z.string(), z.number()) });
   */
  json: <Schema extends z.ZodType>(url: string, options: JsonOptions<Schema>) => Promise<z.output<Schema>>;
  /**
   * GETs once, and says how it went. Follows redirects. Never throws.
   * @example const { status, ms } = await http.probe('https://example.com/health', { timeoutMs: 2_000 });
   */
  probe: (url: string, options?: HttpOptions) => Promise<Probe>;
}

/** Where reports get their data. Any other function will do, too. */
export interface Sources {
  /** The store's own database. */
  sql: Sql;
  /**
   * The database that the environment variable REPORTS_DB_<NAME> points to, `postgres://…` or `sqlite:path`; `store` is the
   * store's own. Throws a ReportImpossible where there is none.
   */
  database: (name: string) => Database;
  http: Http;
  /**
   * What `load` gives, asked for once in `ttlMs` milliseconds by all deliveries of this worker: by the same `key` in the same
   * report. Those who ask meanwhile wait for it; an error is not kept. What comes is shared: do not change it.
   * @example cached(`rates/${dueAt.toISOString()}`, 600_000, () => http.json(url, { schema }))
   */
  cached: <Value>(key: string, ttlMs: number, load: () => Promise<Value>) => Promise<Value>;
  /** The SQL of `<name>.sql` in the folder of reports. Throws a ReportImpossible where there is none. */
  queryFile: (name: string) => Promise<string>;
}
