import { z } from 'zod';
import { context, figures, header, type ReportBlock, section } from '../blocks/blocks.ts';
import type { Format } from '../blocks/format.ts';
import { mentioned, mentionParameter } from './mention.ts';
import { ReportImpossible, skip } from '../message.ts';
import { defineReport, type ReportContext } from '../define.ts';
import type { SqlValue } from '../sources/types.ts';
import { table } from '../blocks/table.ts';
import { join, mrkdwn, type Text, type Value } from '../blocks/text.ts';

const DAY_MS = 86_400_000;
/** How far back the first report of a notification looks. */
const FIRST_PERIOD_DAYS = 1;
/** Rows of the query that are looked at; a message has room for 98 of them. */
const ROWS_MAX = 1_000;
/** The column of what was measured before, for the change: `orders` and `orders_before`. */
const BEFORE = '_before';

const COLUMN = z.string().min(1).max(100);
const FORMAT = z.union([z.literal('percent'), z.string().regex(/^currency:[A-Z]{3}$/, 'is percent, or currency:EUR')]);

const alert = z
  .strictObject({ column: COLUMN, above: z.number().optional(), below: z.number().optional() })
  .refine(({ above, below }) => above !== undefined || below !== undefined, 'needs above, below, or both');
type Alert = z.output<typeof alert>;

const params = z.strictObject({
  title: z.string().min(1).max(100).describe('what the header says'),
  query: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,59}$/i, 'is the name of a file in the reports folder, without .sql')
    .describe('name of a .sql file in the folder of your reports'),
  database: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/i, 'is a name such as warehouse, whose address is in REPORTS_DB_WAREHOUSE')
    .default('store')
    .describe('REPORTS_DB_<NAME> of the worker has its address; store is the own one'),
  values: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({})
    .describe('more :parameters of the query'),
  formats: z.record(COLUMN, FORMAT).default({}).describe('by column: percent, or currency:EUR'),
  alerts: z.array(alert).max(20).default([]).describe('columns that must not be above or below a number'),
  mention: mentionParameter.optional().describe('who is told of an alert: U…, S…, here or channel'),
  days: z.number().int().min(1).max(366).optional().describe('from :from on; without it, since the last report'),
  skipEmpty: z.boolean().default(false).describe('send nothing when the query gives no row'),
});
type Params = z.output<typeof params>;
type Row = Readonly<Record<string, unknown>>;

/** Key figures of one row, or a table of several, from SQL in a file: configured, no code. */
export const metricDigest = defineReport({
  name: 'metric-digest',
  description: 'Key figures or a table from any SQL, with alerts; the query is a .sql file, no code',
  params,

  async load({ account, dueAt, since, params: given }, { database, queryFile }): Promise<Row[]> {
    const { query, values, days, skipEmpty } = given;
    const from = fromOf({ dueAt, since, days });
    const parameters: Record<string, SqlValue> = { ...values, account, from, to: dueAt };
    const rows = await database(given.database).query<Row>(await queryFile(query), parameters);
    if (rows.length === 0 && skipEmpty) return skip(`Query ${query} gave no row`);
    return rows.slice(0, ROWS_MAX).map(plainRow);
  },

  render(rows, { params: given, format }) {
    const { title, alerts, mention } = given;
    const crossed = alerts.flatMap((one) => crossings(one, rows, given, format));
    return {
      text: crossed.length > 0 ? mrkdwn`${title}: ${join(crossed, '; ')}` : textOf(rows, given, format),
      blocks: [
        header(title),
        crossed.length > 0 &&
          section(mrkdwn`:warning: ${join(crossed)}${mention === undefined ? '' : mrkdwn`\n${mentioned(mention)}`}`),
        ...blocksOf(rows, given, format),
      ],
    };
  },
});

function fromOf({ dueAt, since, days }: Pick<ReportContext<Params>, 'dueAt' | 'since'> & { days: number | undefined }) {
  if (days === undefined && since !== undefined) return since;
  return new Date(dueAt.getTime() - (days ?? FIRST_PERIOD_DAYS) * DAY_MS);
}

/** What databases have besides, as text: instants, JSON, bytes. */
function plainRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value)]));
}

function plain(value: unknown): Value {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Value);
}

function blocksOf(rows: readonly Row[], given: Params, format: Format): ReportBlock[] {
  const [first] = rows;
  if (first === undefined) return [context('The query gave no row.')];
  if (rows.length === 1) return [figures(figuresOf(first, given, format), format)];
  const columns = Object.keys(first);
  const cells = rows.map((row) => columns.map((column) => shown(row[column], column, given, format)));
  return [table(columns.map(labelOf), cells, format)];
}

function figuresOf(row: Row, given: Params, format: Format) {
  const columns = Object.keys(row);
  return columns
    .filter((column) => !isFormer(column, columns))
    .map((column) => {
      const former = numberOf(row[column + BEFORE]);
      const note = former === undefined ? undefined : format.change(numberOf(row[column]), former);
      const figure = { label: labelOf(column), value: shown(row[column], column, given, format) };
      return note === undefined ? figure : { ...figure, note };
    });
}

function isFormer(column: string, columns: readonly string[]): boolean {
  return column.endsWith(BEFORE) && columns.includes(column.slice(0, -BEFORE.length));
}

function textOf(rows: readonly Row[], given: Params, format: Format): Text {
  const [first] = rows;
  if (first === undefined || rows.length > 1) return `${given.title}: ${format.number(rows.length)} rows`;
  const told = figuresOf(first, given, format).slice(0, 3);
  return mrkdwn`${given.title}: ${join(
    told.map(({ label, value }) => mrkdwn`${label} ${amount(value, format)}`),
    ', ',
  )}`;
}

function amount(value: Value, format: Format): Value {
  return typeof value === 'number' || typeof value === 'bigint' ? format.number(value) : value;
}

/** A number in its column's own format as text; other values as they are. */
function shown(value: unknown, column: string, { formats }: Params, format: Format): Value {
  const number = numberOf(value);
  const kind = Object.hasOwn(formats, column) ? formats[column] : undefined;
  if (number === undefined || kind === undefined) return value as Value;
  return kind === 'percent' ? format.percent(number) : format.currency(number, kind.slice('currency:'.length));
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

/** What an alert has to say, once for each row that is beyond its limits. */
function crossings({ column, above, below }: Alert, rows: readonly Row[], given: Params, format: Format): Text[] {
  if (rows.length > 0 && !rows.some((row) => Object.hasOwn(row, column))) {
    throw new ReportImpossible(`alerts: the query has no column "${column}"`);
  }
  return rows.flatMap((row) => {
    const value = numberOf(row[column]);
    const bound = value === undefined ? undefined : boundCrossed(value, { above, below });
    if (bound === undefined) return [];
    const limit = shown(bound.limit, column, given, format);
    const is = amount(shown(value, column, given, format), format);
    return [mrkdwn`${labelOf(column)} is ${is}, ${bound.side} ${amount(limit, format)}${rowName(row, column, rows)}`];
  });
}

function boundCrossed(value: number, { above, below }: Pick<Alert, 'above' | 'below'>) {
  if (above !== undefined && value > above) return { side: 'above', limit: above };
  return below !== undefined && value < below ? { side: 'below', limit: below } : undefined;
}

/** Of several rows each is called by its first column. */
function rowName(row: Row, column: string, rows: readonly Row[]): Text {
  const [first] = Object.keys(row);
  if (rows.length < 2 || first === undefined || first === column) return '';
  return mrkdwn` (${row[first] as Value})`;
}

/** `new_customers` → `New customers`. */
function labelOf(column: string): string {
  const words = column.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
