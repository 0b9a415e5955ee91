import { resolve } from 'node:path';
import { isLoopbackHost } from './addresses.ts';

/** `sqlite:path/to/file.db` or `postgres://user:password@host/database`, with an `sslmode` that exists and a plain `schema`. */
export function isDatabaseUrl(text: string): boolean {
  return (
    /^sqlite:./.test(text) || (isPostgres(text) && URL.canParse(text) && hasKnownSslMode(text) && hasPlainSchema(text))
  );
}

/** The schema of `postgres://…?schema=name`, in which the tables live; undefined: that of the user. */
export function schemaOf(url: string): string | undefined {
  return (isPostgres(url) ? new URL(url).searchParams.get('schema') : null) ?? undefined;
}

function hasPlainSchema(url: string): boolean {
  const schema = schemaOf(url);
  return schema === undefined || /^[a-z_][a-z0-9_]{0,62}$/.test(schema);
}

/** What `pg` knows; it would take any other for "no TLS". https://node-postgres.com/features/ssl */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

function hasKnownSslMode(url: string): boolean {
  const mode = new URL(url).searchParams.get('sslmode');
  return mode === null || SSL_MODES.includes(mode);
}

/** Whether passwords and data go over the network in plain text: a Postgres on another machine, without TLS. */
export function isPlainRemote(url: string): boolean {
  if (!isPostgres(url)) return false;
  const { hostname, searchParams } = new URL(url);
  // An empty host, or one that begins with a slash, is a socket of this machine.
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  if (host === '' || host.startsWith('/') || isLoopbackHost(host)) return false;
  const mode = searchParams.get('sslmode');
  return searchParams.get('ssl') !== 'true' && (mode === null || mode === 'disable');
}

export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/** The file of a `sqlite:` URL. */
export function sqliteFile(url: string): string {
  const file = url.replace(/^sqlite:/, '');
  // SQLite's own name for a database that no file keeps: it ends with its connection.
  return file === ':memory:' ? file : resolve(file);
}

/** For people: a URL without its password, or the path of the file. */
export function placeOf(url: string): string {
  if (!isPostgres(url)) return sqliteFile(url);
  const { host, pathname, username } = new URL(url);
  return `postgres://${username}@${host}${pathname}`;
}
