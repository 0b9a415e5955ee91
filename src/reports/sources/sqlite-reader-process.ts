import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
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
    database ??= new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    const rows = database.prepare(text).all(...(values as SQLInputValue[]));
    return { kind: 'rows', rows: rows.map((row) => ({ ...row })) };
  } catch (error) {
    return { kind: 'error', message: messageOf(error) };
  }
}
