import { constants, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { messageOf } from '../../lib/errors.ts';
import type { Answer, Question } from './sqlite-reader.ts';

/** How long it waits for a writer, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

const file = process.argv[2] ?? '';
let database: DatabaseSync | undefined;

process.on('message', (question: Question) => {
  process.send?.(answer(question));
});
// The worker is gone.
process.on('disconnect', () => process.exit());

function answer({ text, values }: Question): Answer {
  try {
    database ??= openReader(file);
    const rows = prepareOne(database, text).all(...(values as SQLInputValue[]));
    return { kind: 'rows', rows: rows.map((row) => ({ ...row })) };
  } catch (error) {
    return { kind: 'error', message: messageOf(error) };
  }
}

/**
 * A connection on which a statement can read this file and nothing else. `readOnly` alone lets `vacuum into` write a file and
 * `attach` read any.
 */
function openReader(path: string): DatabaseSync {
  const opened = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  opened.enableDefensive(true);
  opened.setAuthorizer((action, first, second) => (mayRun(action, first, second) ? SQLITE_OK : SQLITE_DENY));
  return opened;
}

const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE, SQLITE_FUNCTION, SQLITE_PRAGMA } =
  constants;

/** These describe tables and change nothing; full-text search asks for `data_version`. */
const PRAGMAS: ReadonlySet<string> = new Set([
  'data_version',
  'foreign_key_list',
  'index_info',
  'index_list',
  'index_xinfo',
  'table_info',
  'table_list',
  'table_xinfo',
]);
/** Loads code, or takes a pointer to it. */
const FUNCTIONS: ReadonlySet<string> = new Set(['load_extension', 'fts3_tokenizer']);

/** https://www.sqlite.org/c3ref/c_alter_table.html lists the actions; a new one is refused. */
function mayRun(action: number, first: string | null, second: string | null): boolean {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return true;
    case SQLITE_FUNCTION:
      return !FUNCTIONS.has((second ?? '').toLowerCase());
    case SQLITE_PRAGMA:
      return PRAGMAS.has((first ?? '').toLowerCase());
    default:
      return false;
  }
}

/** SQLite prepares the first statement and drops the others without a word. */
function prepareOne(opened: DatabaseSync, text: string): StatementSync {
  if (text.includes('\0')) throw new Error('The query holds a NUL character');
  const statement = opened.prepare(text);
  const rest = text.slice(statement.sourceSQL.length).replace(/--[^\n]*|\/\*[^]*?\*\//g, '');
  if (/[^\s;]/.test(rest)) throw new Error('A query is one statement; this one has more');
  return statement;
}
