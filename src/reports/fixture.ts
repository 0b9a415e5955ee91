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

/** The message of made-up data. Throws a ZodError where the parameters do not fit the schema. */
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
