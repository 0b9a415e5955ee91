import type { Block, KnownBlock } from '@slack/types';
import type { z } from 'zod';
import type { DataVisualizationBlock } from '../slack/data-visualization.ts';

/** A block that Slack shows; charts are newer than `@slack/types`. */
export type ReportBlock = KnownBlock | DataVisualizationBlock | Block;

/** A message: what phones and screen readers show, and the blocks. */
export interface ReportMessage {
  text: string;
  blocks: ReportBlock[];
}

/** The stretch of time a report tells about: from (inclusive) to (exclusive). */
export interface Period {
  from: Date;
  to: Date;
}

/** What every report knows about the delivery it is made for. */
export interface ReportContext<Params> {
  /** Whose data: the notification's account id. */
  account: string;
  params: Params;
  /** From the last delivered occurrence to this one; undefined `from` the first time. */
  since: Date | undefined;
  /** The instant this occurrence was due. */
  dueAt: Date;
  /** The notification's own zone; undefined where it rides a schedule. */
  timezone: string | undefined;
}

/**
 * A parameterised query on the store's database: every `${value}` becomes a bound parameter, never text.
 * @example const rows = await sql<{ name: string }>`select name from accounts where id = ${account}`;
 */
export type Sql = <Row>(strings: TemplateStringsArray, ...values: unknown[]) => Promise<Row[]>;

/** Where reports get their data. */
export interface Sources {
  sql: Sql;
}

/**
 * A report: a name, the parameters it takes, how its data is loaded, and how the data becomes a message. `load` may fail
 * and is tried again; `render` is pure, so the same data always makes the same message.
 */
export interface Report<Schema extends z.ZodType = z.ZodType, Data = unknown> {
  /** What notifications call it: `account-activity`. */
  name: string;
  /** One line for `slack-reports notifications add --help`. */
  description: string;
  params: Schema;
  load(context: ReportContext<z.output<Schema>>, sources: Sources): Promise<Data>;
  render(data: Data, context: ReportContext<z.output<Schema>>): ReportMessage;
}

/** A report whose data stays inside it, so that the registry can hold reports of every kind. */
export interface AnyReport {
  name: string;
  description: string;
  params: z.ZodType;
  /** Loads and renders; throws a ZodError where the parameters do not fit the schema. */
  make(context: ReportContext<unknown>, sources: Sources): Promise<ReportMessage>;
}

/**
 * Types a report from its schema to its blocks.
 * @example export const hello = defineReport({ name: 'hello', description: 'Says hello', params: z.object({ to: z.string() }),
 *   load: async ({ params }) => params.to, render: (to) => ({ text: `Hello ${to}`, blocks: [section(`Hello *${to}*`)] }) });
 */
export function defineReport<Schema extends z.ZodType, Data>(report: Report<Schema, Data>): AnyReport {
  return {
    name: report.name,
    description: report.description,
    params: report.params,
    async make(context, sources) {
      const typed = { ...context, params: report.params.parse(context.params) };
      return report.render(await report.load(typed, sources), typed);
    },
  };
}

/** Trying again cannot help: the account does not exist, the parameters ask for what there is not. */
export class ReportImpossible extends Error {
  override readonly name = 'ReportImpossible';
}
