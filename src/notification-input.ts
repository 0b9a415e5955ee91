import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { UserError } from './errors.ts';
import { parseTimes, type TimesColumns, timesInput, timesShape } from './notification-times.ts';
import type { Reports } from './reports/registry.ts';
import type { AnyReport } from './reports/report.ts';
import type { NewNotification, Notification } from './store/notifications.ts';

/** The workspace that every database has: its token is SLACK_BOT_TOKEN. */
const DEFAULT_WORKSPACE = 'default';

/** A window is for a spike, not for another time of day; in milliseconds. */
const LONGEST_WINDOW_MS = 12 * 3_600_000;

/** Part of workflow ids, which the server keeps in a column of 255 characters together with the occurrence. */
const id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'must be 1 to 100 letters, digits, ".", "_" or "-"');

/** Slack's ids of channels, private channels and direct messages. Names change; ids do not. */
const channel = z
  .string()
  .regex(/^[CGD][A-Z0-9]{2,}$/, 'must be a channel id such as C0123456789 (in Slack: channel details, at the bottom)');

const optionalText = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

/** None of these means something to SQL's `like`, by which tags are looked for. */
const tag = z.string().regex(/^[a-z0-9][a-z0-9.:-]{0,49}$/i, 'must be 1 to 50 letters, digits, ".", ":" or "-"');

/** In a file "weekly, emea"; an array from the command line or JSON. */
const tags = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(','))])
  .transform((words) => words.map((word) => word.trim()).filter((word) => word !== ''))
  .pipe(z.array(tag))
  .transform((words) => [...new Set(words)].toSorted());

const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '']).transform((text) => (text === '' ? undefined : text === 'true')),
]);

const input = z
  .strictObject({
    id,
    name: optionalText,
    account: z.string().trim().min(1, 'is empty'),
    report: z.string().trim().min(1, 'is empty'),
    params: z.unknown().optional(),
    channel,
    channel_name: optionalText,
    workspace: optionalText,
    schedule: optionalText,
    ...timesShape,
    window: optionalText,
    locale: optionalText,
    tags: tags.optional(),
    on_demand: flag.optional(),
    enabled: flag.optional(),
  })
  // Said by name, so that a forgotten schedule does not leave a notification that is never due.
  .refine(
    ({ schedule, cron, every, on_demand }) =>
      [schedule !== undefined, cron !== undefined, every !== undefined, on_demand === true].filter(Boolean).length ===
      1,
    {
      error: 'needs one of: a schedule to ride, a cron of its own or every in words, or on_demand',
      path: ['schedule'],
    },
  );

/**
 * Checks one notification, its parameters against the report's schema and its recurrence too. Throws a UserError that
 * names each wrong field.
 */
export function parseNotification(raw: unknown, now: Date, reports: Reports): NewNotification {
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  const row = parsed.data;
  return {
    id: row.id,
    name: row.name ?? row.id,
    account: row.account,
    report: row.report,
    params: JSON.stringify(checkParams(reports.get(row.report).report, row.params)),
    workspace_id: row.workspace ?? DEFAULT_WORKSPACE,
    channel: row.channel,
    channel_name: row.channel_name ?? null,
    schedule_id: row.schedule ?? null,
    window_s: row.window === undefined ? null : parseWindow(row.window),
    locale: row.locale === undefined ? null : parseLocale(row.locale),
    ...parseTimes(row, now),
    enabled: row.enabled === false ? 0 : 1,
    tags: JSON.stringify(row.tags ?? []),
  };
}

/** Slack's id of a channel. Throws a UserError that names the option for anything else. */
export function checkChannel(option: string, text: string): string {
  const checked = channel.safeParse(text);
  if (!checked.success) throw invalid(problemsOf(checked.error, option));
  return checked.data;
}

/** What is named of a notification, by the columns of an import; null takes away what it has. */
export type NotificationChange = Partial<Record<keyof z.input<typeof input>, unknown>>;

/** Columns that say when it is due by itself. */
const OWN_TIMES = Object.keys(timesShape).filter((column) => column !== 'missed');

/**
 * The notification with what is named, and all else as it is. Another way to be due takes the place of the one before. Throws
 * as `parseNotification` does.
 */
export function changedNotification(
  row: Notification,
  change: NotificationChange,
  now: Date,
  reports: Reports,
): NewNotification {
  return parseNotification(changedInput(inputOf(row), change), now, reports);
}

/** The times alone, of one that exists or of none. Throws as `parseNotification` does. */
export function changedTimes(row: Notification | undefined, change: NotificationChange, now: Date): TimesColumns {
  const before = row === undefined ? {} : { ...timesInput(row) };
  const parsed = z.object(timesShape).safeParse(changedInput(before, change));
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  return parseTimes(parsed.data, now);
}

/** What is named takes the place of what was; one way to be due, of another. */
function changedInput(before: Record<string, unknown>, change: NotificationChange): Record<string, unknown> {
  const replaced = [
    ...(change.cron !== undefined || change.every !== undefined
      ? ['cron', 'every', 'nth_day', 'schedule', 'on_demand']
      : []),
    ...(change.schedule !== undefined || change.on_demand === true ? [...OWN_TIMES, 'schedule', 'on_demand'] : []),
  ];
  const kept = Object.entries(before).filter(([column]) => !replaced.includes(column));
  const named = Object.entries(change).filter(([, value]) => value !== undefined);
  const all = Object.entries({ ...Object.fromEntries(kept), ...Object.fromEntries(named) });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

/** A stored notification as a row of an import. */
function inputOf(row: Notification): Record<string, unknown> {
  return {
    id: row.id,
    name: row.name,
    account: row.account,
    report: row.report,
    params: row.params,
    channel: row.channel,
    channel_name: row.channel_name,
    workspace: row.workspace_id,
    schedule: row.schedule_id,
    ...timesInput(row),
    on_demand: row.schedule_id === null && row.cron === null,
    window: row.window_s === null ? null : `${row.window_s} seconds`,
    locale: row.locale,
    tags: JSON.parse(row.tags) as unknown,
    enabled: row.enabled === 1,
  };
}

/** "20 minutes" in seconds. */
function parseWindow(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 0 && ms <= LONGEST_WINDOW_MS) return Math.round(ms / 1_000);
  throw invalid(`window: "${text}" is not a duration of at most 12 hours, such as "20 minutes"`);
}

/** In its canonical form: `de-de` is `de-DE`. */
function parseLocale(text: string): string {
  try {
    const [locale] = Intl.NumberFormat.supportedLocalesOf(text);
    if (locale !== undefined) return locale;
  } catch {
    // Not even the form of one.
  }
  throw invalid(`locale: "${text}" is not a language tag such as "de-DE" or "en-GB"`);
}

/** The parameters as they were given, after the report's schema has taken them. */
function checkParams(report: AnyReport, given: unknown): unknown {
  const params = typeof given === 'string' ? parseJson(given) : (given ?? {});
  const checked = report.params.safeParse(params);
  if (!checked.success) throw invalid(problemsOf(checked.error, 'params'));
  return params;
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`params: is not JSON: ${text.slice(0, 60)}`);
  }
}

function problemsOf(error: z.ZodError, prefix?: string): string {
  const problems = error.issues.map((issue) => {
    const path = [prefix, ...issue.path].filter((part) => part !== undefined).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return problems.join('; ');
}

function invalid(message: string): UserError {
  return new UserError('invalid_notification', message);
}
