import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { UserError } from './errors.ts';
import { nextOccurrence } from './recurrence.ts';
import { parseWords } from './recurrence/words.ts';
import type { Notification } from './store/notifications.ts';
import { recurrenceOf } from './store/slots.ts';

/** When a notification is due by itself, as it is stored. */
export type TimesColumns = Pick<
  Notification,
  | 'cron'
  | 'timezone'
  | 'nth_day'
  | 'start_on'
  | 'end_on'
  | 'skip'
  | 'dst_gap'
  | 'catch_up_s'
  | 'catch_up_all'
  | 'next_due_at'
>;

/** Late by more than a week is no report any more, in milliseconds. */
const LONGEST_CATCH_UP_MS = 7 * 86_400_000;
/** A tick comes every minute: a shorter window would lose slots on an ordinary day. */
const SHORTEST_CATCH_UP_MS = 60_000;

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
  if (ms !== undefined && ms >= SHORTEST_CATCH_UP_MS && ms <= LONGEST_CATCH_UP_MS) return Math.round(ms / 1_000);
  context.addIssue({
    code: 'custom',
    message: `"${value}" is not a duration from 1 minute to 7 days, such as "2 hours"`,
  });
  return z.NEVER;
});

/** The columns of an import, and the options of `add` and `update`, that say when. */
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

type Times = z.output<z.ZodObject<typeof timesShape>>;

/** Columns that make no sense without a recurrence, with the reason. */
const OWN_ONLY = {
  timezone: "belongs to a cron or to every; a notification that rides a schedule has the schedule's",
  nth_day: 'belongs to a cron',
  start: 'belongs to a cron or to every; a schedule has a start of its own',
  end: 'belongs to a cron or to every; a schedule has an end of its own',
  skip: 'belongs to a cron or to every; a schedule has dates to skip of its own',
  dst_gap: "belongs to a cron or to every; a schedule follows Temporal's rules",
  catch_up: 'belongs to a cron or to every; a schedule has a catch-up window of its own',
} as const;

/** Throws a UserError that says what is wrong with the times. */
export function parseTimes(times: Times, now: Date): TimesColumns {
  const { cron, every, nth_day, timezone = 'UTC', start, end, skip = [], dst_gap, catch_up, missed } = times;
  if (cron !== undefined && isWorded(cron)) throw invalid(`cron: "${cron}" is in words: say it with \`every\``);
  const rule = every === undefined ? { cron, nthDay: nth_day } : parseWords(every);
  if (rule.cron === undefined) {
    for (const [column, reason] of Object.entries(OWN_ONLY)) {
      const given = times[column as keyof typeof OWN_ONLY];
      if (given !== undefined && !(Array.isArray(given) && given.length === 0)) throw invalid(`${column}: ${reason}`);
    }
  }
  if (every !== undefined && nth_day !== undefined)
    throw invalid('nth_day: belongs to a cron; `every` says it in words');
  if (start !== undefined && end !== undefined && end < start)
    throw invalid(`end: ${end} is before the start, ${start}`);
  const columns = {
    cron: rule.cron ?? null,
    timezone: rule.cron === undefined ? null : timezone,
    nth_day: rule.nthDay ?? null,
    start_on: start ?? null,
    end_on: end ?? null,
    skip: JSON.stringify(skip),
    dst_gap: dst_gap ?? 'shift',
    catch_up_s: catch_up ?? null,
    catch_up_all: missed === 'all' ? 1 : 0,
  };
  const recurrence = recurrenceOf(columns);
  if (recurrence === undefined) return { ...columns, next_due_at: null };
  const next = nextOccurrence(recurrence, now);
  if (next === undefined && end !== undefined) throw invalid(`end: it would not come any more until ${end}`);
  // As they are written: single spaces, the zone's own capitals.
  const { cron: written, timezone: zone } = recurrence;
  return { ...columns, cron: written, timezone: zone, next_due_at: next?.at.toISOString() ?? null };
}

/** The same in the words of an import. */
export function timesInput(row: TimesColumns): Partial<Record<keyof Times, unknown>> {
  const given = {
    cron: row.cron,
    nth_day: row.nth_day,
    timezone: row.timezone,
    start: row.start_on,
    end: row.end_on,
    skip: JSON.parse(row.skip) as string[],
    dst_gap: row.cron === null ? null : row.dst_gap,
    catch_up: row.catch_up_s === null ? null : `${row.catch_up_s} seconds`,
    missed: row.catch_up_all === 1 ? 'all' : 'newest',
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
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
  return new UserError('invalid_notification', message);
}
