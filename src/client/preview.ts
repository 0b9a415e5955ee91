import { readFileSync } from 'node:fs';
import { ZodError, z } from 'zod';
import { timezoneOf } from '../domain/notification.ts';
import { messageOf, UserError } from '../lib/errors.ts';
import { type Fixture, renderFixture } from '../reports/fixture.ts';
import { footer, withClosing } from '../reports/message-frame.ts';
import { MessageRefused, ReportImpossible, type ReportMessage, ReportSkipped } from '../reports/message.ts';
import type { Reports } from '../reports/registry.ts';
import type { AnyReport, ReportInput } from '../reports/define.ts';
import type { Sample } from '../reports/sample.ts';
import { sourcesOf } from '../reports/sources/sources.ts';
import { unknownId } from '../lib/similar.ts';
import type { Store } from '../store/open.ts';

export interface Preview {
  report: string;
  /** The notification with its channel, or the account. */
  subject: string;
  /** The due time that the preview assumes. */
  at: Date;
  message: ReportMessage;
  /** What Slack would refuse, in its own words; empty when it would accept the message. */
  problems: readonly string[];
}

export interface PreviewSettings {
  reports: Reports;
  /** The user's folder of reports and queries. */
  folder: string | undefined;
  sample: Sample | undefined;
  /** Whether reports end with the reason why they were sent. */
  footer: boolean;
}

/** The due time; `timezone` applies when the time names no zone. */
type TimeIn = (timezone: string) => Date;

/** The message that a notification would send if it were due then. */
export async function previewNotification(
  store: Store,
  settings: PreviewSettings,
  id: string,
  timeIn: TimeIn,
): Promise<Preview> {
  const notification = await store.notifications.find(id);
  if (notification === undefined)
    throw unknownId(
      'notification',
      id,
      (await store.notifications.list()).map((one) => one.id),
    );
  const { report } = settings.reports.get(notification.report);
  const timezone = timezoneOf(notification.due);
  const at = timeIn(timezone ?? 'UTC');
  const input = {
    account: notification.account,
    params: notification.params,
    since: await store.work.since(id, at),
    dueAt: at,
    timezone,
    locale: notification.locale,
  };
  const { account, due, channel } = notification;
  const closing = report.footer && settings.footer ? [footer({ notification: id, account, due })] : [];
  return previewed(report, `${id} → ${channel.name ?? channel.id}`, at, async () =>
    withClosing(await make(store, settings, report, input), closing),
  );
}

/** The message of a report for an account, without a notification. */
export function previewReport(
  store: Store,
  settings: PreviewSettings,
  report: AnyReport,
  { account, params, at }: { account: string; params: unknown; at: Date },
): Promise<Preview> {
  const input = { account, params, since: undefined, dueAt: at, timezone: undefined };
  return previewed(report, `account ${account}`, at, () => make(store, settings, report, input));
}

/** The message of made-up data, read from a JSON file. */
export function previewFixture(report: AnyReport, file: string): Promise<Preview> {
  const fixture = readFixture(file);
  return previewed(report, file, new Date(fixture.dueAt), async () => renderFixture(report, fixture));
}

function make(
  store: Store,
  { folder, sample }: PreviewSettings,
  report: AnyReport,
  input: ReportInput,
): Promise<ReportMessage> {
  return report.make(
    input,
    sourcesOf(store.db.withTables(), { storeUrl: store.url, env: process.env, folder, sample }),
  );
}

async function previewed(
  { name }: AnyReport,
  subject: string,
  at: Date,
  rendered: () => Promise<ReportMessage>,
): Promise<Preview> {
  try {
    return { report: name, subject, at, message: await rendered(), problems: [] };
  } catch (error) {
    if (error instanceof MessageRefused) {
      return { report: name, subject, at, message: error.refused, problems: error.problems };
    }
    if (error instanceof ZodError) {
      throw UserError.input(
        'invalid_parameters',
        `The parameters do not fit report "${name}": ${z.prettifyError(error)}`,
        {
          hint: `\`slack-reports report show ${name}\` has them.`,
        },
      );
    }
    if (error instanceof ReportSkipped) {
      throw UserError.failure('skipped', `It would be skipped: ${error.message}`);
    }
    if (error instanceof ReportImpossible) throw UserError.failure('report_impossible', error.message);
    throw UserError.failure('load_failed', `Report "${name}" could not load its data: ${messageOf(error)}`, {
      hint: 'A delivery would try again, and end as failed with load_failed.',
      cause: error,
    });
  }
}

const fixtureSchema = z.object({
  account: z.string(),
  params: z.unknown().optional(),
  dueAt: z.iso.datetime(),
  since: z.iso.datetime().optional(),
  timezone: z.string().optional(),
  locale: z.string().optional(),
  data: z.unknown(),
});

function readFixture(file: string): Fixture<unknown> {
  try {
    return fixtureSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) as Fixture<unknown>;
  } catch (error) {
    const reason = error instanceof ZodError ? z.prettifyError(error) : messageOf(error);
    throw UserError.input('invalid_fixture', `${file} is no fixture: ${reason}`, {
      hint: 'It is JSON with account, dueAt, data and, as you like, params, since, timezone and locale.',
    });
  }
}
