import { type Kysely, sql as kyselySql } from 'kysely';
import type { Sources } from './report.ts';

/** Reports read from the store's own database; theirs is the place to add another source. */
export function sourcesOf(db: Kysely<never>): Sources {
  return {
    sql: async <Row>(strings: TemplateStringsArray, ...values: unknown[]) =>
      (await kyselySql<Row>(strings, ...values).execute(db)).rows,
  };
}
