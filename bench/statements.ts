import { StatementSync } from 'node:sqlite';

/** How a statement is run. */
const RUNS = ['all', 'run', 'iterate'] as const;

/**
 * Calls back with every statement that this process runs on SQLite, and its milliseconds, until it is disposed of; the product
 * needs no hook for it.
 */
export function watchStatements(onStatement: (sql: string, ms: number) => void): Disposable {
  const { prototype } = StatementSync;
  const originals = RUNS.map((name) => [name, prototype[name] as (...args: unknown[]) => unknown] as const);
  for (const [name, original] of originals) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      value(this: StatementSync, ...args: unknown[]) {
        const start = performance.now();
        try {
          return original.apply(this, args);
        } finally {
          onStatement(this.sourceSQL, performance.now() - start);
        }
      },
    });
  }
  return {
    [Symbol.dispose]: () => {
      for (const [name, original] of originals)
        Object.defineProperty(prototype, name, { configurable: true, value: original });
    },
  };
}

export type StatementKind = 'store' | 'transaction' | 'start';

/** The product's own, around others, or of the start of a process. Reports read their database in another process. */
export function kindOf(sql: string): StatementKind {
  if (/^(begin|commit|rollback|savepoint|release)/i.test(sql)) return 'transaction';
  if (/kysely_migration|sqlite_master|^pragma|^create/i.test(sql)) return 'start';
  return 'store';
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
