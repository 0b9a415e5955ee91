import { readFileSync } from 'node:fs';
import { ZodError, z } from 'zod';
import { timezoneOf } from '../domain/notification.ts';
import { parseTime } from '../domain/local-time.ts';
import { messageOf, UserError } from '../lib/errors.ts';
import { type Fixture, renderFixture } from '../reports/fixture.ts';
import { footer, withClosing } from '../reports/message-frame.ts';
import { MessageRefused, ReportImpossible, type ReportMessage, ReportSkipped } from '../reports/message.ts';
import { messageWithPlace, ReportMistake, sentence } from '../reports/mistake.ts';
import type { Reports } from '../reports/registry.ts';
import type { AnyReport, ReportInput } from '../reports/define.ts';
import type { Sample } from '../reports/sample.ts';
import { sourcesOf } from '../reports/sources/sources.ts';
import { cutsIn, fileOfPicture, uploadedImage } from '../reports/blocks/blocks.ts';
import { blockRemarks, interactionRemarks } from '../slack/block-kit/block-problems.ts';
import type { Verdict } from '../slack/validate-blocks.ts';
import type { Store } from '../store/open.ts';
import type { Context } from './context.ts';
import { findNotification } from './known.ts';

/** A message as it would be sent, and what Slack would refuse of it. */
export interface Preview {
  report: string;
  /** The notification with its channel, or the account. */
  subject: string;
  /** The due time that the preview assumes. */
  at: Date;
  message: ReportMessage;
  /** What Slack would refuse, in its own words; empty when it would accept the message. */
  problems: readonly string[];
  /** What of the data is not shown because it does not fit: texts that were cut, figures, links and blocks that were left out. */
  cuts: readonly string[];
  /** What may go otherwise than meant: buttons that nothing acknowledges, and blocks of a type that is not known here. */
  remarks: readonly string[];
  /** Slack's own word on the message, if it was asked. */
  slack?: Verdict | undefined;
}

interface PreviewSettings {
  reports: Reports;
  /** The user's folder of reports and queries. */
  folder: string | undefined;
  sample: Sample | undefined;
  /** Whether reports end with the reason why they were sent. */
  footer: boolean;
}

/** The due time; `timezone` applies when the time names no zone. */
type TimeIn = (timezone: string) => Date;

/** Messages as they would be sent, checked against Slack's limits; nothing is posted. */
export function previewsOf(context: Context) {
  async function settings(): Promise<PreviewSettings> {
    const { reportsFolder: folder, sample, footer: isOn } = context.config;
    return { reports: await context.reports(), folder, sample, footer: isOn };
  }

  return {
    /**
     * What a notification would send if it were due at `at`: a Date, a text in its own zone, or now. `problems` has what Slack
     * would refuse by its documentation; with `askSlack`, `slack` has its own word, for which the workspace needs its token.
     * Throws a UserError: `unknown_notification`, `load_failed` if the report has no data, `skipped`, `report_impossible`,
     * `broken_report` if the report itself is wrong.
     * @example const { message, problems } = await client.previews.notification('acme-weekly');
     */
    async notification(
      id: string,
      { at, askSlack = false }: { at?: Date | string | undefined; askSlack?: boolean | undefined } = {},
    ): Promise<Preview> {
      const store = await context.store();
      const preview = await previewNotification(store, await settings(), id, timeOf(at));
      if (!askSlack) return preview;
      return {
        ...preview,
        slack: await verdictOf(store, context, preview, (await findNotification(store, id)).workspaceId),
      };
    },

    /**
     * What a report would send for an account, without a notification. Throws as `notification` does, and `unknown_report`,
     * `invalid_parameters`.
     * @example await client.previews.report('metric-digest', { account: 'acme', params });
     */
    async report(
      name: string,
      { account, params = {}, at }: { account: string; params?: unknown; at?: Date | string | undefined },
    ): Promise<Preview> {
      const made = await settings();
      const { report } = made.reports.get(name);
      return previewReport(await context.store(), made, report, { account, params, at: timeOf(at)('UTC') });
    },

    /**
     * What a report would send of the made-up data in a JSON file. Needs no store.
     * Throws a UserError `invalid_fixture`, `unknown_report`, `invalid_parameters`.
     * @example await client.previews.fixture('my-report', 'my-reports/my-report.fixture.json');
     */
    async fixture(name: string, file: string): Promise<Preview> {
      return previewFixture((await context.reports()).get(name).report, file);
    },
  };
}

/** What Slack says to the message and to the posts of its thread, in one call each. */
async function verdictOf(
  store: Store,
  { config }: Context,
  { message }: Preview,
  workspaceId: string,
): Promise<Verdict> {
  const workspace = (await store.workspaces.list()).find(({ id }) => id === workspaceId);
  if (workspace === undefined) return { kind: 'unknown', why: `there is no workspace "${workspaceId}"` };
  // Loaded here: most previews don't ask Slack.
  const [{ slackClients }, { validateBlocks }] = await Promise.all([
    import('../slack/client.ts'),
    import('../slack/validate-blocks.ts'),
  ]);
  let client;
  try {
    client = await slackClients(config.slack, process.env).of({ id: workspace.id, tokenRef: workspace.tokenRef });
  } catch (error) {
    return { kind: 'unknown', why: messageOf(error) };
  }
  for (const { blocks } of [message, ...(message.thread ?? [])]) {
    // A picture has no file before it is uploaded.
    const shown = blocks.map((block) => (fileOfPicture(block) === undefined ? block : { type: 'divider' }));
    const verdict = await validateBlocks(client, shown);
    if (verdict.kind !== 'valid') return verdict;
  }
  return { kind: 'valid' };
}

function timeOf(at: Date | string | undefined): TimeIn {
  return (timezone) => (typeof at === 'string' ? parseTime(at, timezone) : (at ?? new Date()));
}

/** The message that a notification would send if it were due then. */
async function previewNotification(
  store: Store,
  settings: PreviewSettings,
  id: string,
  timeIn: TimeIn,
): Promise<Preview> {
  const notification = await findNotification(store, id);
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
  const { name, due, channel, locale } = notification;
  const format = report.format({ locale, timezone });
  const closing = report.footer && settings.footer ? [footer({ name, channel: channel.id, due }, format)] : [];
  return previewed(report, `${id} → ${channel.name ?? channel.id}`, at, async () =>
    withClosing(await make(store, settings, report, input), closing),
  );
}

/** The message of a report for an account, without a notification. */
function previewReport(
  store: Store,
  settings: PreviewSettings,
  report: AnyReport,
  { account, params, at }: { account: string; params: unknown; at: Date },
): Promise<Preview> {
  const input = { account, params, since: undefined, dueAt: at, timezone: undefined };
  return previewed(report, `account ${account}`, at, () => make(store, settings, report, input));
}

/**
 * The message of made-up data, read from a JSON file.
 * @public scripts/screenshots.ts has it, too.
 */
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
    return examined({ report: name, subject, at, message: await rendered(), problems: [] });
  } catch (error) {
    if (error instanceof MessageRefused) {
      return examined({ report: name, subject, at, message: error.refused, problems: error.problems });
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
    if (error instanceof ReportMistake) {
      throw UserError.failure('broken_report', error.problem, {
        hint: `${sentence(error.fix)} A delivery fails for good.`,
        cause: error,
      });
    }
    if (error instanceof ReportImpossible) throw UserError.failure('report_impossible', error.message);
    throw UserError.failure('load_failed', `Report "${name}" could not load its data: ${messageWithPlace(error)}`, {
      hint: 'A delivery would retry, then end as failed with load_failed.',
      cause: error,
    });
  }
}

function examined(preview: Omit<Preview, 'cuts' | 'remarks'>): Preview {
  const posts = [preview.message, ...(preview.message.thread ?? [])];
  return {
    ...preview,
    cuts: posts.flatMap(({ blocks }) => cutsIn(blocks)),
    remarks: posts.flatMap(({ blocks }) => {
      const sent = blocks.map((block) => uploadedImage(block, 'F0') ?? block);
      return [...blockRemarks(sent), ...interactionRemarks(sent)];
    }),
  };
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
    throw UserError.input('invalid_fixture', `${file} is not a fixture: ${reason}`, {
      hint: 'It must be JSON with account, dueAt and data; params, since, timezone and locale are optional.',
    });
  }
}
