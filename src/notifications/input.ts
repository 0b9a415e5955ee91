import { z } from 'zod';
import { parseDuration } from '../lib/duration.ts';
import {
  DEFAULT_WORKSPACE,
  type Due,
  type NewNotification,
  type Notification,
  type OwnRecurrence,
} from '../domain/notification.ts';
import { isOwner, OWNER_FORM } from '../domain/owner.ts';
import { UserError } from '../lib/errors.ts';
import { definedOnly } from '../lib/defined.ts';
import { parseTimes, saysStep, timesInput, timesShape } from './times.ts';
import type { Reports } from '../reports/registry.ts';
import type { AnyReport } from '../reports/define.ts';

/** A spread window is for a spike, not for another time of day; in milliseconds. */
const SPREAD_WINDOW_MAX_MS = 12 * 3_600_000;

/** Part of workflow ids, which the server keeps in a column of 255 characters together with the occurrence. */
const id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'must be 1 to 100 letters, digits, ".", "_" or "-"');

const CHANNEL_ID = /^[CGD][A-Z0-9]{2,49}$/;
const NO_CHANNEL = 'must be a channel id such as C0123456789 (in Slack: channel details, at the bottom)';

/** Slack's ids of channels, private channels and direct messages. Names change; ids do not. */
export const channel = z.string().regex(CHANNEL_ID, NO_CHANNEL);

/** As people write it, after what is looked up in Slack has become an id. */
const writtenChannel = z.string().regex(CHANNEL_ID, `${NO_CHANNEL}, #name, or a person (U0123456789)`);

/**
 * Characters of a name, an account and the like. Runs carry them for each delivery, and the server takes 2 MB a payload
 * (docs.temporal.io/cloud/limits).
 */
const TEXT_MAX = 200;
const shortText = z.string().trim().max(TEXT_MAX, `is longer than ${TEXT_MAX} characters`);
/** The ledger copies the parameters for each delivery; in characters of JSON. */
const PARAMS_MAX = 100_000;
const TAGS_MAX = 50;

const optionalText = shortText.transform((text) => (text === '' ? undefined : text)).optional();

/** None of these means anything to SQL's `like`, which finds tags. */
const tag = z.string().regex(/^[a-z0-9][a-z0-9.:-]{0,49}$/i, 'must be 1 to 50 letters, digits, ".", ":" or "-"');

/** In a file "weekly, emea"; an array from the command line or JSON. */
export const tags = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(','))])
  .transform((words) => words.map((word) => word.trim()).filter((word) => word !== ''))
  .pipe(z.array(tag).max(TAGS_MAX, `has more than ${TAGS_MAX}`))
  .transform((words) => [...new Set(words)].toSorted());

/** Who is told when it does not arrive. */
export const owner = z
  .string()
  .trim()
  .refine((text) => text === '' || isOwner(text), OWNER_FORM)
  .transform((text) => (text === '' ? undefined : text));

const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '']).transform((text) => (text === '' ? undefined : text === 'true')),
]);

const input = z
  .strictObject({
    id,
    name: optionalText,
    account: shortText.min(1, 'is empty'),
    report: shortText.min(1, 'is empty'),
    params: z.unknown().optional(),
    channel: writtenChannel,
    channel_name: optionalText,
    workspace: optionalText,
    schedule: optionalText,
    ...timesShape,
    window: optionalText,
    locale: optionalText,
    owner: owner.optional(),
    tags: tags.optional(),
    on_demand: flag.optional(),
    enabled: flag.optional(),
  })
  // On demand has to be said: a forgotten schedule must not leave a notification that is never due.
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
 * Checks one notification with its recurrence, and its parameters against the report's schema. Throws a UserError that names
 * each wrong field.
 */
export function parseNotification(
  raw: unknown,
  now: Date,
  reports: Reports,
  readTimes: typeof parseTimes = parseTimes,
): NewNotification {
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  const row = parsed.data;
  return {
    id: row.id,
    name: row.name ?? row.id,
    account: row.account,
    report: row.report,
    params: checkParams(reports.get(row.report).report, row.params),
    workspaceId: row.workspace ?? DEFAULT_WORKSPACE,
    channel: { id: row.channel, ...definedOnly({ name: row.channel_name }) },
    due: parseDue(row, readTimes(row, now)),
    ...definedOnly({
      spreadWindowS: row.window === undefined ? undefined : parseSpreadWindow(row.window),
      locale: row.locale === undefined ? undefined : parseLocale(row.locale),
      owner: row.owner,
    }),
    tags: row.tags ?? [],
    enabled: row.enabled !== false,
  };
}

function parseDue(row: z.output<typeof input>, recurrence: OwnRecurrence | undefined): Due {
  if (recurrence !== undefined) return recurrence;
  if (row.schedule !== undefined) {
    return { kind: 'schedule', scheduleId: row.schedule, afterOutage: row.missed ?? 'newest' };
  }
  if (row.missed !== undefined) throw invalid('missed: belongs to a schedule, to a cron or to every');
  return { kind: 'on-demand' };
}

/** Slack's id of a channel. Throws a UserError that names the option for anything else. */
export function checkChannel(option: string, text: string): string {
  const checked = writtenChannel.safeParse(text);
  if (!checked.success) throw invalid(problemsOf(checked.error, option));
  return checked.data;
}

/** Named fields of a notification, by the columns of an import; null removes what it has. */
export type NotificationChange = Partial<Record<keyof z.input<typeof input>, unknown>>;

/** Columns of an own recurrence. A schedule has `missed`, too. */
const OWN_TIMES = Object.keys(timesShape).filter((column) => column !== 'missed');

/**
 * The notification with the named fields changed, and everything else as it was. Another way to be due replaces the previous
 * one. Throws as `parseNotification` does.
 */
export function changedNotification(
  before: Notification,
  change: NotificationChange,
  now: Date,
  reports: Reports,
): NewNotification {
  const changed = parseNotification(changedInput(inputOf(before), change), now, reports);
  const staysOneOff = before.due.kind === 'once' && changed.due.kind === 'on-demand' && change.on_demand !== true;
  return {
    ...changed,
    due: staysOneOff ? before.due : changed.due,
    ...definedOnly({ pause: before.pause, scope: before.scope }),
  };
}

/** The recurrence alone, of a notification or of none, with the named fields changed. Throws as `parseNotification` does. */
export function changedTimes(due: Due | undefined, change: NotificationChange, now: Date): OwnRecurrence | undefined {
  const before =
    due === undefined
      ? {}
      : definedOnly({ ...timesInput(due), schedule: due.kind === 'schedule' ? due.scheduleId : undefined });
  const parsed = z.object(timesShape).safeParse(changedInput(before, change));
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  return parseTimes(parsed.data, now);
}

/** Named fields replace those before; so does another way to be due. */
function changedInput(before: Record<string, unknown>, change: NotificationChange): Record<string, unknown> {
  const replaced = [
    ...(change.cron !== undefined || change.every !== undefined
      ? ['cron', 'every', 'nth_day', 'step', 'schedule', 'on_demand']
      : []),
    ...(countsAnew(before, change) ? ['anchor'] : []),
    ...(change.schedule !== undefined || change.on_demand === true ? [...OWN_TIMES, 'schedule', 'on_demand'] : []),
    ...(change.on_demand === true ? ['missed'] : []),
  ];
  const kept = Object.entries(before).filter(([column]) => !replaced.includes(column));
  const named = Object.entries(change).filter(([, value]) => value !== undefined);
  // What rode a schedule had the schedule's zone; silently taking UTC would move it.
  const zone = before['schedule'] !== undefined && (change.cron ?? change.every) !== undefined ? { timezone: '' } : {};
  const all = Object.entries({ ...zone, ...Object.fromEntries(kept), ...Object.fromEntries(named) });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

/** True if a change names another start or another step: then the weeks are counted from another date. */
function countsAnew(before: Record<string, unknown>, change: NotificationChange): boolean {
  if (change.start !== undefined && change.start !== null) return true;
  if (change.cron === undefined && change.every === undefined) return false;
  return !saysStep(change.every, before['step']);
}

/** A notification as a row of a file. */
export function inputOf({ due, spreadWindowS, ...notification }: NewNotification): Record<string, unknown> {
  return {
    id: notification.id,
    name: notification.name,
    account: notification.account,
    report: notification.report,
    params: notification.params,
    channel: notification.channel.id,
    channel_name: notification.channel.name,
    workspace: notification.workspaceId,
    schedule: due.kind === 'schedule' ? due.scheduleId : undefined,
    ...timesInput(due),
    on_demand: due.kind === 'on-demand' || due.kind === 'once',
    window: spreadWindowS === undefined ? undefined : `${spreadWindowS} seconds`,
    locale: notification.locale,
    owner: notification.owner,
    tags: notification.tags,
    enabled: notification.enabled,
  };
}

/** "20 minutes" in seconds. */
export function parseSpreadWindow(text: string): number {
  return parseDuration(text, { name: 'window', minMs: 0, maxMs: SPREAD_WINDOW_MAX_MS, example: '20 minutes' }) / 1_000;
}

/** In its canonical form: `de-de` is `de-DE`. */
export function parseLocale(text: string): string {
  try {
    const [locale] = Intl.NumberFormat.supportedLocalesOf(text);
    if (locale !== undefined) return locale;
  } catch {
    // Not even the form of one.
  }
  throw invalid(`locale: "${text}" is not a language tag such as "de-DE" or "en-GB"`);
}

/** The parameters as given, after the report's schema has accepted them. */
function checkParams(report: AnyReport, given: unknown): object {
  const params = typeof given === 'string' ? parseJson(given) : (given ?? {});
  const checked = report.params.safeParse(params);
  if ((JSON.stringify(params)?.length ?? 0) > PARAMS_MAX) {
    throw invalid(`params: is longer than ${PARAMS_MAX.toLocaleString('en')} characters of JSON`);
  }
  if (!checked.success) throw invalid(problemsOf(checked.error, 'params'));
  return params as object;
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`params: is not JSON: ${text.slice(0, 60)}`);
  }
}

export function problemsOf(error: z.ZodError, prefix?: string): string {
  const problems = error.issues.map((issue) => {
    // A wrong value of a list is named in the message.
    const path = [prefix, ...issue.path].filter((part) => part !== undefined && typeof part !== 'number').join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return problems.join('; ');
}

function invalid(message: string): UserError {
  return UserError.input('invalid_notification', message);
}
