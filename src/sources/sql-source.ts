import { messageOf, UserError } from '../lib/errors.ts';
import type { Sources } from '../reports/sources/types.ts';
import { defineSource, type Source, type SourceNotification } from './define.ts';

/** Rows of one page; a query without a limit must not bring a whole table into memory. */
const ROWS_MAX = 5_000;

/** `-- database: crm`, at the start of the file. */
const HEADER = /^--\s*([a-z]+)\s*:(.*)$/;
const HEADERS = ['database', 'schedules', 'after'] as const;

/** Columns whose names differ from the fields. */
const FIELDS: Readonly<Record<string, string>> = {
  channel_name: 'channelName',
  catch_up: 'catchUp',
};
const JSON_FIELDS = new Set(['params', 'tags']);

/**
 * A source without code: a query whose columns are named as the fields of a notification (`channel_name`, `catch_up`), with the
 * parameters `:schedule`, `:nominalTime`, `:since` and `:after`. Rows come in the order of `id`, those after `:after`, which is
 * the last id of the page before; it is asked until a page is empty. Comments at the start say more: `-- database: crm` (read
 * from REPORTS_DB_CRM; else the store's own), `-- schedules: weekdays, sundays`, and `-- after: 0`, the first `:after` (else ''; on SQLite the least number, too).
 * @throws UserError `broken_source` that names the file.
 */
export function sqlSource(name: string, file: string, text: string, database: Sources['database']): Source {
  const broken = (problem: string, hint: string) => UserError.input('broken_source', `${file}: ${problem}`, { hint });
  if (!/(?<!:):after\b/.test(text)) {
    throw broken('does not use :after', 'Page by a stable key: … where id > :after order by id limit 500');
  }
  const settings = headersOf(text);
  const unknown = [...settings.keys()].find((key) => !(HEADERS as readonly string[]).includes(key));
  if (unknown !== undefined) throw broken(`"-- ${unknown}:" is not known`, `There is ${HEADERS.join(', ')}.`);
  const schedules = settings
    .get('schedules')
    ?.split(/[\s,]+/)
    .filter((one) => one !== '');
  return defineSource({
    name,
    schedules,
    async due({ schedule, nominalTime, since, cursor }) {
      const ask = (after: string | number) =>
        database(settings.get('database') ?? 'store').query<Record<string, unknown>>(text, {
          schedule,
          nominalTime,
          since,
          after,
        });
      const first = cursor ?? settings.get('after');
      let rows = await ask(first ?? '').catch((error: unknown) => {
        const message = messageOf(error);
        throw new Error(`${file}: ${message}${adviceOn(message, settings)}`, { cause: error });
      });
      // To SQLite each number comes before each text, so a numeric id is never after ''.
      if (first === undefined && rows.length === 0) rows = await ask(Number.MIN_SAFE_INTEGER);
      if (rows.length > ROWS_MAX) throw new Error(`The query gave ${rows.length} rows at once; give it a limit of 500`);
      const last = rows.at(-1)?.['id'];
      return {
        notifications: rows.map(toNotification),
        next: typeof last === 'string' || typeof last === 'number' ? last : undefined,
      };
    },
  });
}

/** What a query may lack that the database refuses. */
function adviceOn(message: string, settings: ReadonlyMap<string, string>): string {
  if (!settings.has('after') && /invalid input syntax|operator does not exist/.test(message)) {
    return ' ("-- after: 0" at the start of the file is needed if the id is a number)';
  }
  if (settings.has('database')) return '';
  return ' (it reads the store itself; "-- database: crm" at the start of the file reads from REPORTS_DB_CRM)';
}

/** Of the comments before the query. */
function headersOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() !== '' && !line.startsWith('--')) break;
    const [, key, value] = HEADER.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) found.set(key, value.trim());
  }
  return found;
}

/** Checked as every row of a source is. */
function toNotification(row: Record<string, unknown>): SourceNotification {
  const fields = Object.entries(row).map(([column, value]) => {
    return [FIELDS[column] ?? column, JSON_FIELDS.has(column) ? parsed(value) : value] as const;
  });
  return Object.fromEntries(fields) as unknown as SourceNotification;
}

/** SQLite has no JSON type; what is none stays as it is, and is refused with its row. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
