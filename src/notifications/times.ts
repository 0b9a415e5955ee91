import { z } from 'zod';
import { parseDuration } from '../lib/duration.ts';
import { UserError } from '../lib/errors.ts';
import { definedOnly } from '../lib/defined.ts';
import type { Due, OwnRecurrence } from '../domain/notification.ts';
import { nextOccurrence, parseRecurrence } from '../domain/recurrence/recurrence.ts';
import { parseWords } from '../domain/recurrence/words.ts';

/** A report more than a week late is useless, in milliseconds. */
const CATCH_UP_WINDOW_MAX_MS = 7 * 86_400_000;
/** Ticks come every minute: a shorter window would lose occurrences on an ordinary day. */
const CATCH_UP_WINDOW_MIN_MS = 60_000;

const text = z
  .string()
  .trim()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

const date = (value: string | undefined, yearly: boolean) => {
  if (value === undefined) return true;
  const [, year = yearly ? '2000' : '', monthDay = ''] = /^(?:(\d{4})-)?(\d\d-\d\d)$/.exec(value) ?? [];
  const parsed = new Date(`${year}-${monthDay}T00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(`${year}-${monthDay}`);
};

const day = text.refine((value) => date(value, false), 'must be a date such as 2026-12-01');

/** In a file "2026-12-25, 01-01"; an array from the command line or JSON. */
const dates = z
  .union([z.array(z.string()), z.string().transform((value) => value.split(/[,\s]/))])
  .transform((values) => [...new Set(values.map((value) => value.trim()).filter((value) => value !== ''))].toSorted())
  .pipe(
    z.array(
      z.string().refine((value) => date(value, true), 'must be a date such as 2026-12-25, or 12-25 for every year'),
    ),
  )
  .optional();

const catchUp = text.transform((value, context) => {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= CATCH_UP_WINDOW_MIN_MS && ms <= CATCH_UP_WINDOW_MAX_MS) return Math.round(ms / 1_000);
  context.addIssue({
    code: 'custom',
    message: `"${value}" is not a duration from 1 minute to 7 days, such as "2 hours"`,
  });
  return z.NEVER;
});

/** The columns of an import, and the options of `add` and `update`, that say when it is due. */
export const timesShape = {
  cron: text,
  every: text,
  nth_day: z
    .union([
      z.number(),
      z.literal('').transform(() => undefined),
      z
        .string()
        .regex(/^-?\d$/)
        .transform(Number),
    ])
    .pipe(z.number().int().min(-31).max(31).optional())
    .refine((value) => value !== 0, 'must be 1 for the first, -1 for the last, and so on')
    .optional(),
  timezone: text,
  start: day,
  end: day,
  skip: dates,
  dst_gap: text.pipe(z.enum(['shift', 'skip'], 'must be shift or skip').optional()),
  catch_up: catchUp,
  missed: text.pipe(z.enum(['newest', 'all'], 'must be newest or all').optional()),
};

export type TimesInput = z.output<z.ZodObject<typeof timesShape>>;

/** Columns that need a recurrence, with the reason. */
const OWN_ONLY = {
  timezone: "belongs to a cron or to every; a notification that rides a schedule has the schedule's",
  nth_day: 'belongs to a cron',
  start: 'belongs to a cron or to every; a schedule has a start of its own',
  end: 'belongs to a cron or to every; a schedule has an end of its own',
  skip: 'belongs to a cron or to every; a schedule has dates to skip of its own',
  dst_gap: "belongs to a cron or to every; a schedule follows Temporal's rules",
  catch_up: 'belongs to a cron or to every; a schedule has a catch-up window of its own',
} as const;

/**
 * The recurrence that the times describe; undefined if there is none. Throws a UserError that says what is wrong with them.
 */
export function parseTimes(times: TimesInput, now: Date): OwnRecurrence | undefined {
  const { cron, every, nth_day, timezone = 'UTC', start, end, skip = [], dst_gap, catch_up, missed } = times;
  if (cron !== undefined && isWorded(cron)) throw invalid(`cron: "${cron}" is in words: say it with \`every\``);
  const rule = every === undefined ? { cron, nthDay: nth_day } : parseWords(every);
  if (rule.cron === undefined) {
    for (const [column, reason] of Object.entries(OWN_ONLY)) {
      const given = times[column as keyof typeof OWN_ONLY];
      if (given !== undefined && !(Array.isArray(given) && given.length === 0)) throw invalid(`${column}: ${reason}`);
    }
    return undefined;
  }
  if (every !== undefined && nth_day !== undefined)
    throw invalid('nth_day: belongs to a cron; `every` says it in words');
  if (start !== undefined && end !== undefined && end < start)
    throw invalid(`end: ${end} is before the start, ${start}`);
  const given = definedOnly({ nthDay: rule.nthDay, startOn: start, endOn: end });
  const recurrence = parseRecurrence({ cron: rule.cron, timezone, skip, dstGap: dst_gap, ...given });
  const next = nextOccurrence(recurrence, now);
  if (next === undefined && end !== undefined) throw invalid(`end: nothing would be due until ${end}`);
  return {
    kind: 'recurrence',
    // As parsed: single spaces, the zone's own capitals.
    cron: recurrence.cron,
    timezone: recurrence.timezone,
    ...given,
    skip,
    dstGap: dst_gap ?? 'shift',
    afterOutage: missed ?? 'newest',
    ...definedOnly({ catchUpWindowS: catch_up, nextDueAt: next?.at.toISOString() }),
  };
}

/** The same in the words of an import. */
export function timesInput(due: Due): Partial<Record<keyof TimesInput, unknown>> {
  switch (due.kind) {
    case 'schedule':
      return { missed: due.afterOutage };
    case 'recurrence':
      return definedOnly({
        cron: due.cron,
        nth_day: due.nthDay,
        timezone: due.timezone,
        start: due.startOn,
        end: due.endOn,
        skip: due.skip,
        dst_gap: due.dstGap,
        catch_up: due.catchUpWindowS === undefined ? undefined : `${due.catchUpWindowS} seconds`,
        missed: due.afterOutage,
      });
    case 'on-demand':
    case 'once':
      return {};
  }
}

function isWorded(cron: string): boolean {
  try {
    return parseWords(cron).cron !== '';
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function invalid(message: string): UserError {
  return UserError.input('invalid_notification', message);
}
