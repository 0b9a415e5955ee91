import type { z } from 'zod';
import type { ReportMessage } from './message.ts';
import type { Report, ReportInput } from './define.ts';

/** Data as `load` gives it, and the delivery it is for, as JSON has them: for tests and `preview --fixture`. */
export interface Fixture<Data> {
  account: string;
  params?: unknown;
  /** ISO 8601. */
  dueAt: string;
  /** ISO 8601; absent for the first report of a notification. */
  since?: string;
  timezone?: string;
  /** `en-US` where absent. */
  locale?: string;
  data: Data;
}

/**
 * The message that a report makes of made-up data, without a store or Slack.
 * Throws a ZodError if the parameters do not fit the schema, ReportImpossible if the report can't be rendered, and MessageRefused
 * if Slack would refuse the message.
 * @example const { text, blocks } = renderFixture(openOrders, { account: 'acme', dueAt: '2026-11-23T08:00:00Z', data: [] });
 */
export function renderFixture<Schema extends z.ZodType, Data>(
  report: Report<Schema, Data>,
  { account, params = {}, dueAt, since, timezone, locale, data }: Fixture<NoInfer<Data>>,
): ReportMessage {
  const input: ReportInput<z.output<Schema>> = {
    account,
    params: report.params.parse(params),
    since: since === undefined ? undefined : new Date(since),
    dueAt: new Date(dueAt),
    timezone,
    locale,
  };
  return report.render(data, input);
}
