import { resolve } from 'node:path';

/** `sqlite:path/to/file.db` or `postgres://user:password@host/database`. */
export function isDatabaseUrl(text: string): boolean {
  return /^sqlite:./.test(text) || (isPostgres(text) && URL.canParse(text));
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
