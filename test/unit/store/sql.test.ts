import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCES = fileURLToPath(new URL('../../../src/', import.meta.url));

/** What puts text into a statement as it is, with what it is given here: constants of ours, never input. */
const AS_IT_IS = /\bsql\.(?:raw|lit|id)\([^)]*\)|\.(?:exec|unsafe)\(.*\);/g;

test('no statement is made of text: values are bound, but for constants of ours', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.toSorted().flatMap((file) => {
    const text = readFileSync(join(SOURCES, file), 'utf8');
    // Regular expressions have an `exec` too.
    const uses = [...text.matchAll(AS_IT_IS)].map(([use]) => use).filter((use) => !/\/[a-z]*\.exec\(/.test(use));
    return uses.filter((use) => /sql\.|database\.|pragma/i.test(use)).map((use) => `${file}: ${use}`);
  });
  expect(found).toMatchInlineSnapshot(`
    [
      "store/claims/plan.ts: sql.lit(PLANNED)",
      "store/ledger/prune.ts: sql.lit('')",
      "store/migrations.ts: sql.lit(state)",
      "store/migrations.ts: sql.lit(from)",
      "store/migrations.ts: sql.lit(to)",
      "store/open.ts: sql.id(schema)",
      "store/pacing.ts: sql.lit(pace.workspaceBurstMs)",
      "store/sqlite.ts: .exec('pragma synchronous = normal');",
      "store/sqlite.ts: .exec(\`pragma cache_size = -\${CACHE_KIB}\`);",
      "store/sqlite.ts: .exec('pragma journal_mode = wal');",
    ]
  `);
});
