import { ScheduleOverlapPolicy } from '@temporalio/client';
import { z } from 'zod';
import { durationText, parseDuration } from '../lib/duration.ts';
import { UserError } from '../lib/errors.ts';
import { parseSkipDate, parseTime, SKIP_MAX } from '../domain/local-time.ts';
import { isZone, localTimeAt, parseRecurrence, shortestInterval } from '../domain/recurrence/recurrence.ts';
import { isReadable } from '../domain/recurrence/words.ts';
import { cronText } from './calendar.ts';
import { readEvery, timesOfEvery } from './words.ts';
import { TICK } from './managed.ts';
import { firesBetween } from './fires.ts';
import { matchesDay } from './server-calendar.ts';
import { DEFAULTS, optionName, overlapName, type ScheduleSettings, type ScheduleTimes } from './settings.ts';

/** A schedule on the command line and in `schedules.yaml`: the options of `schedule create`, as text. */
export interface ScheduleInput {
  whenDue?: boolean | undefined;
  cron?: string | string[] | undefined;
  every?: string | string[] | undefined;
  skip?: string | string[] | undefined;
  timezone?: string | undefined;
  start?: string | undefined;
  end?: string | undefined;
  jitter?: string | undefined;
  overlap?: string | undefined;
  catchupWindow?: string | undefined;
  pauseOnFailure?: boolean | undefined;
  window?: string | undefined;
}

/** The server's minimum, in milliseconds. */
const CATCHUP_WINDOW_MIN_MS = 10_000;
/** Crons or intervals of one schedule: more are no schedule that a person can read. */
const TIMES_MAX = 100;
/** Removes what a schedule has. */
const NONE = 'none';

export const OVERLAPS = Object.values(ScheduleOverlapPolicy).filter((policy) => policy !== undefined);

/** Reads a text by a function that throws a UserError. */
function read<Value>(parse: (text: string) => Value, otherwise = 'must be text') {
  return z.string({ error: otherwise }).transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const message = error.hint === undefined ? error.message : `${error.message.replace(/\.$/, '')}. ${error.hint}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });
}

/** One, several or none of them. */
function severalOf<Value>(one: z.ZodType<Value, string>, most: number) {
  const error = 'must be text, or a list of texts';
  const list = z.union([z.array(z.string()), z.string().transform((text) => [text])], { error });
  return list
    .transform((texts) => (texts.length === 1 && texts[0] === NONE ? [] : texts))
    .refine((texts) => texts.length <= most, {
      error: `takes at most ${most.toLocaleString('en')}; the Temporal server breaks on many more`,
      abort: true,
    })
    .pipe(z.array(one));
}

const cron = read((text) => {
  if (isReadable(text)) throw UserError.input('invalid_cron', `"${text}" is in words: say it with \`every\``);
  return cronText(parseRecurrence({ cron: text, timezone: 'UTC' }));
});
const zone = read((timezone) => parseRecurrence({ cron: '0 0 1 1 *', timezone }).timezone);
const every = read(readEvery);
const skip = read(parseSkipDate);
const time = (timezone: string) => read((text) => (text === NONE ? undefined : parseTime(text, timezone)));
const duration = (minMs: number) =>
  read((text) => readDuration(text, minMs), 'must be a duration with its unit, such as "10 minutes"');
const overlap = z
  .string({ error: 'must be text' })
  .transform((text) => text.trim().toUpperCase().replaceAll(/[- ]/g, '_'))
  .pipe(z.enum(OVERLAPS as [string, ...string[]], `must be one of ${OVERLAPS.map(overlapName).join(', ')}`))
  .transform((name) => name as ScheduleOverlapPolicy);

/** A schedule's options, or its entry in a file; `timezone` applies to times without one. */
export function scheduleSchema(timezone: string) {
  return z.strictObject({
    'when-due': z.boolean({ error: 'must be true or false' }).optional(),
    cron: severalOf(cron, TIMES_MAX)
      .transform((texts) => texts.toSorted())
      .optional(),
    every: severalOf(every, TIMES_MAX).optional(),
    skip: severalOf(skip, SKIP_MAX)
      .transform((dates) => dates.toSorted())
      .optional(),
    timezone: zone.optional(),
    start: time(timezone).optional(),
    end: time(timezone).optional(),
    jitter: duration(0).optional(),
    overlap: overlap.optional(),
    'catchup-window': duration(CATCHUP_WINDOW_MIN_MS).optional(),
    'pause-on-failure': z.boolean({ error: 'must be true or false' }).optional(),
    window: duration(0).optional(),
  });
}

/** Renames options to settings. Words become crons: in the zone that is named, or else that of `before`. Throws a UserError. */
export function toSettings(
  named: z.output<ReturnType<typeof scheduleSchema>>,
  before: Pick<ScheduleTimes, 'timezone' | 'start'> = DEFAULTS,
): Partial<ScheduleSettings> {
  const { 'when-due': whenDue, 'catchup-window': catchupWindow, 'pause-on-failure': pauseOnFailure, ...others } = named;
  const { every: said, ...withoutEvery } = others;
  const start = 'start' in others ? others.start : before.start;
  const times = said && timesOfEvery(said, { timezone: others.timezone ?? before.timezone, start, now: new Date() });
  const rest = {
    ...withoutEvery,
    ...(times && { every: times.every }),
    // Words replace the crons that it has, as another cron would.
    ...(times && times.cron.length > 0 && { cron: [...(others.cron ?? []), ...times.cron].toSorted() }),
  };
  const all = {
    ...rest,
    // One replaces the other.
    ...(whenDue === true && rest.cron === undefined && { cron: [] }),
    ...(whenDue !== undefined ? { whenDue } : (rest.cron ?? []).length > 0 && { whenDue: false }),
    ...(catchupWindow !== undefined && { catchupWindow }),
    ...(pauseOnFailure !== undefined && { pauseOnFailure }),
  };
  return all as Partial<ScheduleSettings>;
}

/** The zone that a schedule names; `otherwise` if it names none that exists. */
export function zoneOf(named: unknown, otherwise: string): string {
  return zone.safeParse(named).data ?? otherwise;
}

/** The named settings only. Throws one UserError that names every wrong option. */
export function parseSettings(
  input: ScheduleInput,
  before: Pick<ScheduleTimes, 'timezone' | 'start'> = DEFAULTS,
): Partial<ScheduleSettings> {
  const named = Object.entries(input).filter(([, value]) => value !== undefined);
  const zoneOfTimes = zoneOf(input.timezone, before.timezone);
  const parsed = scheduleSchema(zoneOfTimes).safeParse(
    Object.fromEntries(named.map(([key, value]) => [optionName(key), value])),
  );
  if (parsed.success) return toSettings(parsed.data, before);
  const problems = parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`);
  throw UserError.input('invalid_schedule', problems.join('\n  '));
}

/** The settings of a new schedule. Throws a UserError for a wrong id or option, or if nothing says when it fires. */
export function newSettings(id: string, input: ScheduleInput): ScheduleSettings {
  checkId(id);
  const settings = { ...DEFAULTS, ...parseSettings(input) };
  requireTrigger(settings, id);
  return settings;
}

/** Part of workflow ids, which the server keeps in a column of 255 characters. */
export const SCHEDULE_ID = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

export function checkId(id: string): void {
  if (SCHEDULE_ID.test(id)) return;
  throw UserError.input('invalid_schedule', `"${id}" cannot be the id of a schedule`, {
    hint: 'It is 1 to 100 letters, digits, ".", "_" or "-".',
  });
}

function refuse(message: string, hint: string): never {
  throw UserError.input('invalid_schedule', message, { hint });
}

/** Throws a UserError if it can never fire, or if its posts would still be spread when it fires again. */
export function requireTrigger(settings: Partial<ScheduleSettings>, id?: string): void {
  if (settings.whenDue === true) return requireWhenDue(settings, id);
  const { cron: crons = [], every: intervals = [], start, end, window = 0 } = settings;
  if (crons.length === 0 && intervals.length === 0) {
    refuse(
      'Nothing says when it fires',
      'Give it a cron, such as "0 9 * * MON-FRI", or an interval by `every`, such as "6 hours".',
    );
  }
  if (start !== undefined && end !== undefined && start > end) {
    refuse(`It never fires: its start, ${start.toISOString()}, is after its end, ${end.toISOString()}`, 'Change one.');
  }
  if (neverFires({ ...DEFAULTS, ...settings })) {
    refuse(
      'It never fires: its dates to skip, its start or its end leave nothing',
      'See `slack-reports schedule next`.',
    );
  }
  const shortest = Math.min(...intervals.map(({ every: ms }) => ms), ...fiveFields(crons).map(shortestInterval));
  if (window > shortest) {
    const [spread, between] = [durationText(window), durationText(shortest)];
    refuse(`window: ${spread} is longer than the ${between} between two fires`, `Take ${between} at most.`);
  }
}

/** A window so short is looked at fire by fire, a longer one day by day. */
const SHORT_MS = 2 * 86_400_000;

function neverFires(times: ScheduleTimes): boolean {
  const { cron: crons, every: intervals, skip: dates, start, end, timezone } = times;
  // Seconds and years, which only others write, are left to the server.
  if (crons.some((text) => text.split(' ').length !== 5)) return false;
  if (start !== undefined && end !== undefined && end.getTime() - start.getTime() <= SHORT_MS) {
    return !firesBetween(times, new Date(start.getTime() - 1), end).some(({ at }) => at !== undefined);
  }
  if (dates.length === 0) return false;
  const rules = fiveFields(crons);
  const skipped = new Set(dates);
  const last = end === undefined ? LAST_DAY : Date.parse(localDate(timezone, end));
  for (let day = start === undefined ? FIRST_DAY : Date.parse(localDate(timezone, start)); day <= last; day += DAY_MS) {
    const date = new Date(day).toISOString().slice(0, 10);
    if (skipped.has(date) || skipped.has(date.slice(5))) continue;
    if (intervals.length > 0 || rules.some((fields) => matchesDay(fields, day, day))) return false;
  }
  return true;
}

const DAY_MS = 86_400_000;
/** What the server's calendars reach from and to. */
const [FIRST_DAY, LAST_DAY] = [Date.UTC(2000, 0, 1), Date.UTC(2100, 11, 31)];

function localDate(timezone: string, at: Date): string {
  return localTimeAt(isZone(timezone) ? timezone : 'UTC', at).slice(0, 10);
}

function fiveFields(crons: readonly string[]) {
  const five = crons.filter((text) => text.split(' ').length === 5);
  return five.map((text) => parseRecurrence({ cron: text, timezone: 'UTC' }).fields);
}

/** An outage that ends between two safety fires leaves nothing out: the one before it is still caught up. */
const SAFETY_MS = 3_600_000;

function requireWhenDue(settings: Partial<ScheduleSettings>, id: string | undefined): void {
  const { cron: crons = [], every: intervals = [], skip: dates = [], start, end } = settings;
  const { timezone = DEFAULTS.timezone, catchupWindow = DEFAULTS.catchupWindow } = settings;
  if (id !== undefined && id !== TICK) {
    refuse(`Only the schedule "${TICK}" can fire when something is due`, 'Use that id, or give it a cron.');
  }
  const others = { cron: crons.length > 0, every: intervals.length > 0, skip: dates.length > 0, start, end };
  const [other] = Object.entries(others).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (other !== undefined || timezone !== DEFAULTS.timezone) {
    const name = other ?? 'timezone';
    refuse(`A schedule that fires when something is due has no ${name}`, 'Leave one of the two out.');
  }
  if (catchupWindow < SAFETY_MS) {
    refuse('Its catch-up window is shorter than an hour, the time between two safety fires', 'Make it an hour.');
  }
}

function readDuration(text: string, minMs: number): number {
  return parseDuration(text, { minMs, example: '10 minutes' });
}
