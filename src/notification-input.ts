import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { UserError } from './errors.ts';
import { nextSlot, parseRecurrence } from './recurrence.ts';
import type { Reports } from './reports/registry.ts';
import type { AnyReport } from './reports/report.ts';
import type { NewNotification } from './store/notifications.ts';

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
    cron: optionalText,
    timezone: optionalText,
    window: optionalText,
    locale: optionalText,
    tags: tags.optional(),
    on_demand: flag.optional(),
    enabled: flag.optional(),
  })
  // Said by name, so that a forgotten schedule does not leave a notification that is never due.
  .refine(
    (row) => [row.schedule !== undefined, row.cron !== undefined, row.on_demand === true].filter(Boolean).length === 1,
    {
      error: 'needs one of: a schedule to ride, a cron of its own, or on_demand',
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
  const recurrence = row.cron === undefined ? undefined : { cron: row.cron, timezone: row.timezone ?? 'UTC' };
  if (recurrence === undefined && row.timezone !== undefined) {
    throw invalid("timezone: belongs to a cron; a notification that rides a schedule has the schedule's");
  }
  const next = recurrence === undefined ? undefined : nextSlot(parseRecurrence(recurrence), now);
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
    cron: recurrence?.cron ?? null,
    timezone: recurrence?.timezone ?? null,
    window_s: row.window === undefined ? null : parseWindow(row.window),
    locale: row.locale === undefined ? null : parseLocale(row.locale),
    next_due_at: next?.at.toISOString() ?? null,
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
