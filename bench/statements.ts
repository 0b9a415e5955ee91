import { DatabaseSync } from 'node:sqlite';

/**
 * Calls back with every statement that this process runs on SQLite, until it is disposed of. Kysely prepares a statement
 * each time it runs it, so what is prepared is what is run; the product needs no hook for it.
 */
export function watchStatements(onStatement: (sql: string) => void): Disposable {
  const original = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'prepare');
  const prepare = original?.value as DatabaseSync['prepare'];
  DatabaseSync.prototype.prepare = function watched(this: DatabaseSync, ...args) {
    onStatement(args[0]);
    return prepare.apply(this, args);
  };
  return { [Symbol.dispose]: () => void Object.defineProperty(DatabaseSync.prototype, 'prepare', original ?? {}) };
}

export type StatementKind = 'store' | 'report' | 'transaction' | 'start';

/** Whose a statement is: the product's own, of the sample report, around others, or of the start of a process. */
export function kindOf(sql: string): StatementKind {
  if (/^(begin|commit|rollback|savepoint|release)/i.test(sql)) return 'transaction';
  if (/kysely_migration|sqlite_master|^pragma|^create/i.test(sql)) return 'start';
  return /\baccounts\b|\baccount_activity\b/.test(sql) ? 'report' : 'store';
}

/** `update deliveries set state` for people, whatever the values: enough to find the line that runs it. */
export function shortOf(sql: string): string {
  const plain = sql.replaceAll('"', '').replace(/\s+/g, ' ').trim();
  const [, insert] = /^insert into (\w+)/i.exec(plain) ?? [];
  if (insert !== undefined) return `insert ${insert}`;
  const [, update, set] = /^update (\w+) set (.{0,24})/i.exec(plain) ?? [];
  if (update !== undefined) return `update ${update} set ${set}…`;
  const [, columns, from, rest] = /^select (.*?) from (\w+)(.{0,60})/i.exec(plain) ?? [];
  return from === undefined ? plain.slice(0, 60) : `select ${columns?.slice(0, 24)} from ${from}${rest}`;
}
