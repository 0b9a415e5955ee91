import { z } from 'zod';
import { context, figures, header, type ReportBlock, section } from '../blocks/blocks.ts';
import { type Format, MISSING } from '../blocks/format.ts';
import { mentionParameter, warnings } from './mention.ts';
import { ReportImpossible, skip } from '../message.ts';
import { defineReport, type ReportContext } from '../define.ts';
import { parametersOf } from '../sources/query.ts';
import type { SqlValue } from '../sources/types.ts';
import { type Cell, type Column, table } from '../blocks/table.ts';
import type { Period } from '../blocks/period.ts';
import type { Say } from '../blocks/words.ts';
import { isZone } from '../../domain/recurrence/recurrence.ts';
import { METRIC_DIGEST_WORDS } from './words.ts';
import { join, link, mrkdwn, type Text, type Value } from '../blocks/text.ts';

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
  mention: mentionParameter.optional().describe('whom to mention in an alert: U…, S…, here or channel'),
  better: z
    .record(COLUMN, z.enum(['up', 'down']))
    .default({})
    .describe('by column: which way is good, up or down'),
  compared: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('what the _before columns hold, said under the figures: "the Monday before"'),
  link: z
    .url({ protocol: /^https?$/ })
    .max(3_000)
    .optional()
    .describe('page with the same figures, under the message'),
  days: z.number().int().min(1).max(366).optional().describe('from :from on; without it, since the last report'),
  wholeDays: z.boolean().default(true).describe(':to is the last midnight; false: the time it is due'),
  timezone: z
    .string()
    .refine(isZone, 'is no IANA time zone such as Europe/Berlin')
    .optional()
    .describe("zone of the days; without it, the notification's own, or UTC"),
  skipEmpty: z.boolean().default(true).describe('send nothing when the query gives no row'),
});
type Params = z.output<typeof params>;
type Row = Readonly<Record<string, unknown>>;

interface Digest {
  rows: readonly Row[];
  /** The time that the query asks for, in ISO 8601; undefined where it asks for none. */
  period?: { from: string; to: string } | undefined;
}

/** Key figures of one row, or a table of several, from SQL in a file: configured, no code. */
export const metricDigest = defineReport({
  name: 'metric-digest',
  description: 'Key figures or a table from any SQL, with alerts; the query is a .sql file, no code',
  params,

  words: METRIC_DIGEST_WORDS,

  async load(report, { database, queryFile }): Promise<Digest> {
    const { query, values, skipEmpty, database: name } = report.params;
    const { from, to } = periodOf(report);
    const parameters: Record<string, SqlValue> = { ...values, account: report.account, from, to };
    const text = await queryFile(query);
    const rows = await database(name).query<Row>(text, parameters);
    if (rows.length === 0 && skipEmpty) return skip(`Query ${query} gave no row`);
    const asked = parametersOf(text);
    return {
      rows: rows.slice(0, ROWS_MAX).map(plainRow),
      period: asked.has('from') && asked.has('to') ? { from: from.toISOString(), to: to.toISOString() } : undefined,
    };
  },

  render({ rows, period }, { params: given, format: own, say }) {
    const { title, alerts, mention, link: page } = given;
    const format = given.timezone === undefined ? own : own.in(given.timezone);
    const crossed = alerts.flatMap((one) => crossings(one, rows, given, { format, say }));
    return {
      text:
        crossed.length > 0
          ? mrkdwn`${title}${format.words('colon')}${join(crossed, format.words('comma'))}`
          : textOf(rows, given, { format, say }),
      blocks: [
        header(title),
        crossed.length > 0 && section(warnings(crossed, mention)),
        ...blocksOf(rows, given, { format, say }),
        page !== undefined && section(link(say('details'), page)),
        aboutLine(period, given, { format, say }),
      ],
    };
  },
});

/** What the figures are of: "Nov 22, 2026 · compared with the Sunday before". */
function aboutLine(period: Digest['period'], { compared }: Params, { format, say }: Written): ReportBlock | undefined {
  const about: string[] = [];
  if (period !== undefined) {
    const span = format.period(new Date(period.from), new Date(period.to));
    // Whole days need no zone: they are the reader's.
    about.push(span.isWholeDays ? format.span(span) : `${format.span(span)}, ${format.timezone}`);
  }
  if (compared !== undefined) about.push(say('compared', { what: compared }));
  return about.length === 0 ? undefined : context(about.join(' · '));
}

interface Written {
  format: Format;
  say: Say<(typeof METRIC_DIGEST_WORDS)['en']>;
}

/** Whole days of the reader, unless asked otherwise. */
function periodOf({ dueAt, since, params: { days, wholeDays, timezone }, format: own }: ReportContext<Params>): Period {
  const format = timezone === undefined ? own : own.in(timezone);
  if (wholeDays) {
    const { from, to } =
      days === undefined ? format.periodSince(since, dueAt, FIRST_PERIOD_DAYS) : format.lastDays(days, dueAt);
    return { from, to };
  }
  if (days === undefined && since !== undefined) return { from: since, to: dueAt };
  return { from: new Date(dueAt.getTime() - (days ?? FIRST_PERIOD_DAYS) * DAY_MS), to: dueAt };
}

/** JSON and bytes as text. */
function plainRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value)]));
}

function plain(value: unknown): Cell {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Value);
}

function blocksOf(rows: readonly Row[], given: Params, written: Written): ReportBlock[] {
  const [first] = rows;
  if (first === undefined) return [context(written.say('noRow'))];
  if (rows.length === 1) return [figures(figuresOf(first, given, written), written.format)];
  const columns = Object.keys(first);
  const cells = rows.map((row) => columns.map((column) => row[column] as Cell));
  const heads = columns.map((column): Column => ({ header: labelOf(column), ...columnFormat(column, given) }));
  return [table(heads, cells, { format: written.format, title: given.title })];
}

/** As its column in a table has it. */
function columnFormat(column: string, { formats }: Params): Pick<Column, 'format' | 'currency'> {
  const kind = Object.hasOwn(formats, column) ? formats[column] : undefined;
  if (kind === undefined) return {};
  return kind === 'percent' ? { format: 'percent' } : { format: 'currency', currency: kind.slice('currency:'.length) };
}

function figuresOf(row: Row, given: Params, written: Written) {
  const columns = Object.keys(row);
  return columns
    .filter((column) => !isFormer(column, columns))
    .map((column) => {
      const former = numberOf(row[column + BEFORE], column, given);
      const better = Object.hasOwn(given.better, column) ? given.better[column] : undefined;
      const now = numberOf(row[column], column, given);
      // A change of 9.3% by 31% is hard to read.
      const isRatio = columnFormat(column, given).format === 'percent';
      const formerText = isRatio ? written.format.percent(former) : undefined;
      const note = former === undefined ? undefined : written.format.change(now, former, { better, from: formerText });
      const figure = { label: labelOf(column), value: shown(row[column], column, given, written.format) };
      return note === undefined ? figure : { ...figure, note };
    });
}

function isFormer(column: string, columns: readonly string[]): boolean {
  return column.endsWith(BEFORE) && columns.includes(column.slice(0, -BEFORE.length));
}

function textOf(rows: readonly Row[], given: Params, written: Written): Text {
  const [first] = rows;
  if (first === undefined || rows.length > 1) return written.say('rows', { title: given.title, count: rows.length });
  const told = figuresOf(first, given, written).slice(0, 3);
  return mrkdwn`${given.title}${written.format.words('colon')}${join(
    told.map(({ label, value }) => mrkdwn`${label} ${amount(value, written.format)}`),
    written.format.words('comma'),
  )}`;
}

function amount(value: Value, format: Format): Value {
  return typeof value === 'number' || typeof value === 'bigint' ? format.number(value) : value;
}

/** A number in its column's own format, and an instant, as text; other values as they are. */
function shown(value: unknown, column: string, given: Params, format: Format): Value {
  if (value instanceof Date) return format.dateTime(value);
  const number = numberOf(value, column, given);
  const { format: kind, currency = '' } = columnFormat(column, given);
  if (number === undefined || kind === undefined) return value as Value;
  return kind === 'percent' ? format.percent(number) : format.currency(number, currency);
}

/** Postgres gives a `numeric` as a text; in a column with a format it is a number. */
function numberOf(value: unknown, column: string, { formats }: Params): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  const name = column.endsWith(BEFORE) ? column.slice(0, -BEFORE.length) : column;
  const isText = typeof value === 'string' && Object.hasOwn(formats, name);
  return isText && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** What an alert has to say, once for each row that is beyond its limits. */
function crossings({ column, above, below }: Alert, rows: readonly Row[], given: Params, written: Written): Text[] {
  const { format, say } = written;
  if (rows.length > 0 && !rows.some((row) => Object.hasOwn(row, column))) {
    throw new ReportImpossible(`alerts: the query has no column "${column}"`);
  }
  return rows.flatMap((row) => {
    const value = numberOf(row[column], column, given);
    const bound = value === undefined ? undefined : boundCrossed(value, { above, below });
    if (bound === undefined) return [];
    const text = (one: unknown) => String(amount(shown(one, column, given, format), format));
    const sentence = say(bound.side, {
      column: labelOf(column),
      value: text(row[column]),
      limit: text(bound.limit),
    });
    return [mrkdwn`${sentence}${rowName(row, column, rows, format)}`];
  });
}

function boundCrossed(value: number, { above, below }: Pick<Alert, 'above' | 'below'>) {
  if (above !== undefined && value > above) return { side: 'above' as const, limit: above };
  return below !== undefined && value < below ? { side: 'below' as const, limit: below } : undefined;
}

/** Of several rows each is called by its first column. */
function rowName(row: Row, column: string, rows: readonly Row[], format: Format): Text {
  const [first] = Object.keys(row);
  if (rows.length < 2 || first === undefined || first === column) return '';
  const name = row[first] as Cell;
  return format.words('aside', { text: name instanceof Date ? format.dateTime(name) : String(name ?? MISSING) });
}

/** `new_customers` → `New customers`. */
function labelOf(column: string): string {
  const words = column.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
