import { z } from 'zod';
import { parseDuration } from '../lib/duration.ts';
import { UserError } from '../lib/errors.ts';
import { definedOnly } from '../lib/defined.ts';
import { type Due, nextDue, type OwnRecurrence, type NewNotification } from '../domain/notification.ts';
import { parseDate, parseSkipDate, SKIP_MAX } from '../domain/local-time.ts';
import {
  localTimeAt,
  nextOccurrence,
  parseRecurrence,
  type Recurrence,
  type Step,
  STEP_MAX,
} from '../domain/recurrence/recurrence.ts';
import { isReadable, parseWords } from '../domain/recurrence/words.ts';

/** A report more than a week late is useless, in milliseconds. */
const CATCH_UP_WINDOW_MAX_MS = 7 * 86_400_000;
/** Ticks come every minute: a shorter window would lose occurrences on an ordinary day. */
const CATCH_UP_WINDOW_MIN_MS = 60_000;

const text = z
  .string()
  .trim()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

/** Reads a text, where there is one, by a function that throws a UserError. */
const read =
  <Value>(parse: (value: string) => Value) =>
  (value: string | undefined, context: z.core.$RefinementCtx) => {
    try {
      return value === undefined ? undefined : parse(value);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const hint = error.hint === undefined ? '' : `. ${error.hint.replace(/\.$/, '')}`;
      context.addIssue({ code: 'custom', message: `${error.message}${hint}` });
      return z.NEVER;
    }
  };

const day = text.transform(read(parseDate));

/** In a file "2026-12-25, 01-01"; an array from the command line or JSON. */
const dates = z
  .union(
    [z.array(z.string()), z.string().transform((value) => value.split(/[,\s]/))],
    'must be dates such as 2026-12-25, or 12-25 for every year',
  )
  .transform((values) => [...new Set(values.map((value) => value.trim()).filter((value) => value !== ''))].toSorted())
  .refine((values) => values.length <= SKIP_MAX, {
    error: `has more than ${SKIP_MAX.toLocaleString('en')} dates`,
    abort: true,
  })
  .pipe(z.array(z.string().transform(read(parseSkipDate)).pipe(z.string())))
  .optional();

const CATCH_UP = { minMs: CATCH_UP_WINDOW_MIN_MS, maxMs: CATCH_UP_WINDOW_MAX_MS, example: '2 hours' };
/** Seconds. Throws a UserError for what is no duration from a minute to seven days. */
export function parseCatchUp(value: string): number {
  return parseDuration(value, CATCH_UP) / 1_000;
}

const catchUp = text.transform(read(parseCatchUp));

const NTH_DAY = 'must be a whole number, such as 1 for the first day of the month that matches, or -1 for the last';

/** The columns of an import, and the options of `add` and `update`, that say when it is due. */
export const timesShape = {
  cron: text,
  every: text,
  nth_day: z
    .union(
      [
        z.number(),
        z.literal('').transform(() => undefined),
        z
          .string()
          .regex(/^-?\d{1,2}$/)
          .transform(Number),
      ],
      NTH_DAY,
    )
    .refine(
      (value) => value === undefined || (Number.isInteger(value) && value !== 0 && Math.abs(value) <= 31),
      NTH_DAY,
    )
    .optional(),
  /** "2 weeks" next to a cron, and a date that counts. Words say the first, and take `start` or the next date for the second. */
  step: text.transform(read(parseStep)),
  anchor: day,
  /** Empty is not absent: see `checkZone`. */
  timezone: z.string().trim().optional(),
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
  step: 'belongs to a cron',
  anchor: 'belongs to a rule such as every 2 weeks',
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
  const { cron, every, nth_day, timezone: zone, start, end, skip = [], dst_gap, catch_up, missed } = times;
  if (cron !== undefined && isReadable(cron)) throw invalid(`cron: "${cron}" is in words: say it with \`every\``);
  const rule = every === undefined ? { cron, nthDay: nth_day, step: times.step } : parseWords(every);
  if (rule.cron === undefined) {
    for (const [column, reason] of Object.entries(OWN_ONLY)) {
      const given = times[column as keyof typeof OWN_ONLY];
      const isNothing = given === undefined || given === '' || (Array.isArray(given) && given.length === 0);
      if (!isNothing) throw invalid(`${column}: ${reason}`);
    }
    return undefined;
  }
  if (every !== undefined && nth_day !== undefined)
    throw invalid('nth_day: belongs to a cron; `every` says it in words');
  if (every !== undefined && times.step !== undefined)
    throw invalid('step: belongs to a cron; `every` says it in words');
  if (start !== undefined && end !== undefined && end < start)
    throw invalid(`end: ${end} is before the start, ${start}`);
  const timezone = zone || 'UTC';
  const given = definedOnly({
    nthDay: rule.nthDay,
    startOn: start,
    endOn: end,
    step: rule.step && anchored(rule.step, { cron: rule.cron, timezone, anchor: times.anchor ?? start, now }),
  });
  if (given.step === undefined && times.anchor !== undefined) throw invalid(`anchor: ${OWN_ONLY.anchor}`);
  const recurrence = parseRecurrence({ cron: rule.cron, timezone, skip, dstGap: dst_gap, ...given });
  if (zone === '' && hasClockTime(recurrence)) throw emptyZone();
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
    ...definedOnly({ catchUpWindowS: catch_up, ...nextDue(next) }),
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
        step: due.step && `${due.step.every} ${due.step.unit}s`,
        anchor: due.step?.anchorOn,
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
    case 'source':
      return {};
  }
}

/** True if the zone decides when it is due: every 15 minutes is the same everywhere. */
function hasClockTime({ fields }: Recurrence): boolean {
  return (
    fields.step !== undefined ||
    fields.hours.length < 24 ||
    fields.daysOfMonth.size < 31 ||
    fields.months.size < 12 ||
    fields.daysOfWeek.size < 7
  );
}

function emptyZone(): UserError {
  return UserError.input('invalid_notification', 'timezone: is empty, but the times are those of a place', {
    hint: 'Name the zone, such as Europe/Berlin, or UTC. Is a variable of the shell or a cell of the file empty?',
  });
}

/** "2 weeks", "3 days" */
function parseStep(value: string): Omit<Step, 'anchorOn'> {
  const [, digits, unit] = /^(\d{1,3}) (day|week)s$/.exec(value) ?? [];
  const every = Number(digits);
  if ((unit === 'day' || unit === 'week') && every >= 2 && every <= STEP_MAX[unit]) return { every, unit };
  throw UserError.input('invalid_recurrence', `"${value}" is not a step`, {
    hint: 'Write it like "2 weeks" or "3 days".',
  });
}

/** The first date of the cron from the anchor on, or else from now on: that one counts, and with it its week. */
function anchored(
  step: Omit<Step, 'anchorOn'>,
  { cron, timezone, anchor, now }: { cron: string; timezone: string; anchor: string | undefined; now: Date },
): Step {
  const rule = parseRecurrence({ cron, timezone, startOn: anchor });
  // A zone may be a day ahead of UTC.
  const after = anchor === undefined ? now : new Date(Date.parse(anchor) - 2 * DAY_MS);
  const first = nextOccurrence(rule, after)?.local ?? localTimeAt(rule.timezone, now);
  return { ...step, anchorOn: first.slice(0, 'yyyy-mm-dd'.length) };
}

const DAY_MS = 86_400_000;

/**
 * As declared, but counted from the date that the stored one counts from, unless the row names one: a row without one meant the
 * next date when it was added, and still does.
 */
export function keepingAnchor(stored: NewNotification, declared: NewNotification, row: unknown): NewNotification {
  const isNamed = typeof row === 'object' && row !== null && 'anchor' in row && row.anchor !== '';
  const [before, due] = [stored.due, declared.due];
  if (isNamed || before.kind !== 'recurrence' || due.kind !== 'recurrence' || !before.step || !due.step)
    return declared;
  return { ...declared, due: { ...due, step: { ...due.step, anchorOn: before.step.anchorOn } } };
}

/** True for words that say the same step, whose anchor then stays. */
export function saysStep(words: unknown, step: unknown): boolean {
  if (typeof words !== 'string' || !isReadable(words)) return false;
  const said = parseWords(words).step;
  return said !== undefined && `${said.every} ${said.unit}s` === step;
}

function invalid(message: string): UserError {
  return UserError.input('invalid_notification', message);
}
