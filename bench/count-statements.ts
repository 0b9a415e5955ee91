import { writeFileSync } from 'node:fs';
import { kindOf, shortOf, type StatementKind, watchStatements } from './statements.ts';

/** What the worker ran: by kind, and by statement of the product's own. */
export interface StatementCounts {
  kinds: Record<StatementKind, number>;
  store: Record<string, number>;
}

// Loaded before the worker with `node --import`; writes down what was run when the worker ends.
const file = process.env['BENCH_STATEMENTS_FILE'];
if (file !== undefined) {
  const counts: StatementCounts = { kinds: { store: 0, transaction: 0, start: 0 }, store: {} };
  watchStatements((sql) => {
    const kind = kindOf(sql);
    counts.kinds[kind] += 1;
    if (kind !== 'store') return;
    const short = shortOf(sql);
    counts.store[short] = (counts.store[short] ?? 0) + 1;
  });
  process.on('exit', () => writeFileSync(file, JSON.stringify(counts)));
}
