import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseZone } from '../domain/recurrence/recurrence.ts';
import { definedOnly } from '../lib/defined.ts';
import { messageOf } from '../lib/errors.ts';
import { didYouMean } from '../lib/similar.ts';
import { channel, owner, parseLocale, parseSpreadWindow, problemsOf, tags } from '../notifications/input.ts';
import { parseCatchUp } from '../notifications/times.ts';
import type { NotificationSource, SourcePage, SourceRow } from '../store/claims/source-claim.ts';
import type { DueRequest, Source } from './define.ts';

/** How long a source may take for a page, in milliseconds. */
const PAGE_TIMEOUT_MS = 60_000;
/** Pauses before a page is asked for again, in milliseconds. */
const RETRY_AFTER_MS = [1_000, 3_000];
/** Bounds of what a row says: it is copied into each delivery. */
const [TEXT_MAX, PARAMS_MAX] = [200, 20_000];

const text = z.string().trim().min(1, 'is empty').max(TEXT_MAX, `has more than ${TEXT_MAX} characters`);
/** Whatever `read` refuses is a problem of its field. */
const readBy = <Value>(read: (value: string) => Value) =>
  text.transform((value, context) => {
    try {
      return read(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  });

const row = z.strictObject({
  id: z
    .union([z.string(), z.number(), z.bigint()])
    .transform(String)
    .pipe(
      z.string().regex(/^(?!source$)[a-z0-9][a-z0-9._-]{0,59}$/i, 'must be 1 to 60 letters, digits, ".", "_" or "-"'),
    ),
  account: z.union([text, z.number().transform(String)]),
  report: text,
  params: z
    .record(z.string(), z.unknown())
    .refine((value) => JSON.stringify(value).length <= PARAMS_MAX, `has more than ${PARAMS_MAX} characters as JSON`)
    .default({}),
  channel,
  channelName: text.optional(),
  workspace: text.default('default'),
  name: text.optional(),
  locale: readBy(parseLocale).optional(),
  owner: owner.optional(),
  timezone: readBy(parseZone).optional(),
  window: readBy(parseSpreadWindow).optional(),
  catchUp: readBy(parseCatchUp).optional(),
  tags: tags.default([]),
  due: z.object({ key: text, at: z.date() }).optional(),
  occurrence: text.max(100, 'has more than 100 characters').optional(),
});

/** Schema errors in the words of someone who writes a source. What a field says itself, it says. */
const inWords = (issue: z.core.$ZodRawIssue): string | undefined => {
  const { code, input } = issue;
  if (code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => [`"${key}" is no field of a notification`, didYouMean(key, Object.keys(row.shape))])
      .map((parts) => parts.filter((part) => part !== undefined).join('. '))
      .join('; ');
  }
  if (code !== 'invalid_type' && code !== 'invalid_union') return undefined;
  if (input === undefined) return 'is missing';
  const wanted = code === 'invalid_type' ? (EXPECTED[issue.expected] ?? issue.expected) : 'a text or a number';
  return `must be ${wanted}, and is ${input === null ? 'null' : Array.isArray(input) ? 'an array' : typeof input}`;
};

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'an object',
  record: 'an object',
  array: 'an array',
  date: 'a Date',
};

/** A source as a claim reads it: with a time limit for a page, and each row checked. */
export function readerOf(source: Source, { retryAfterMs = RETRY_AFTER_MS } = {}): NotificationSource {
  return {
    name: source.name,
    isAsked: (schedule) => source.schedules?.includes(schedule) ?? schedule !== 'tick',
    retryAfterMs,
    read: async (request) => checkedPage(source, await withinTime(source, request), request),
  };
}

async function withinTime(source: Source, request: DueRequest): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`gave no page within ${PAGE_TIMEOUT_MS / 1_000} seconds`)),
    PAGE_TIMEOUT_MS,
  );
  try {
    return await Promise.race([source.due(request), promise]);
  } finally {
    clearTimeout(timer);
  }
}

const page = z.object({
  notifications: z.array(z.unknown()),
  next: z.union([z.string(), z.number(), z.bigint()]).transform(String).nullish(),
});

function checkedPage({ name }: Source, given: unknown, { cursor, nominalTime }: DueRequest): SourcePage {
  const checked = page.safeParse(given, { error: inWords });
  if (!checked.success) {
    const problem = `\`due\` must return { notifications, next }: ${problemsOf(checked.error)}`;
    throw new Error(Array.isArray(given) ? `${problem}. Return { notifications: rows }.` : problem);
  }
  const next = checked.data.next ?? undefined;
  if (next !== undefined && next === cursor)
    throw new Error(`gave "${next}" for the next page again: it does not go on`);
  return { rows: checked.data.notifications.map((one) => checkRow(name, one, nominalTime)), next };
}

/** Databases give null for what is not set. */
function withoutNulls(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
}

function checkRow(source: string, given: unknown, nominalTime: Date): SourceRow {
  const named = withoutNulls(given);
  const checked = row.safeParse(named, { error: inWords });
  if (!checked.success) return badRow(source, named, problemsOf(checked.error));
  const { id, due, occurrence, timezone, catchUp, window, channel: channelId, channelName, ...found } = checked.data;
  const at = nominalTime.toISOString();
  const { account, report, params, workspace, locale, owner: told } = found;
  return {
    kind: 'due',
    notification: {
      id: idIn(source, id),
      name: found.name ?? idIn(source, id),
      account,
      report,
      params,
      workspaceId: workspace,
      channel: { id: channelId, ...definedOnly({ name: channelName }) },
      due: { kind: 'source', source, ...definedOnly({ catchUpWindowS: catchUp }) },
      ...definedOnly({ spreadWindowS: window, locale, owner: told }),
      tags: found.tags,
      enabled: true,
      createdAt: at,
      updatedAt: at,
    },
    own: due,
    key: occurrence,
    timezone,
  };
}

/** Ids of our own table have no ":", so that the two never mean each other. */
function idIn(source: string, id: string): string {
  return `${source}:${id}`;
}

/** What there is of it is shown to people. Without an id it gets one from its content: the same when it is read again. */
function badRow(source: string, given: unknown, reason: string): SourceRow {
  const fields = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const shown = (field: string): string => {
    const value = fields[field];
    return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, TEXT_MAX) : 'unknown';
  };
  const id = row.shape.id.safeParse(fields['id']);
  const hash = createHash('sha256').update(inspected(given)).digest('hex').slice(0, 12);
  return {
    kind: 'bad',
    id: idIn(source, id.success ? id.data : `row-${hash}`),
    account: shown('account'),
    report: shown('report'),
    channel: shown('channel'),
    reason,
  };
}

function inspected(given: unknown): string {
  return (
    JSON.stringify(given, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? 'undefined'
  );
}
