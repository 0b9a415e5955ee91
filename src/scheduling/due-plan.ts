import {
  type CalendarSpec,
  type CalendarSpecDescription,
  MONTHS,
  type Range,
  type ScheduleSpecDescription,
} from '@temporalio/client';

/**
 * The times of a schedule that fires when something is due, planned for a day: minutes of the day in UTC, which stay while
 * fires find something, and single fires. Every calendar has `WHEN_DUE` as its comment; a schedule whose times a person
 * set has not, and is never planned.
 */
export interface DuePlan {
  /** Minutes of the day, in UTC; with the safety fire at the start of each hour. */
  readonly daily: ReadonlySet<number>;
  /** Instants of single fires, in milliseconds since 1970. */
  readonly once: readonly number[];
}

/** What the store needs fires for. */
export interface Needs {
  /** When own recurrences are due next, in milliseconds since 1970; one for each minute is enough. */
  readonly due: readonly number[];
  /** The earliest slot of an open delivery, in milliseconds since 1970: its run may end without it. */
  readonly openSlot: number | undefined;
}

/** The fire whose claim asks for a new plan. */
export interface Fired {
  readonly nominal: Date;
  /** Whether it found something due. */
  readonly found: boolean;
}

const WHEN_DUE = 'when something is due (slack-reports)';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MINUTES = 1_440;
/** Due times further ahead are planned by a later safety fire. */
const HORIZON_MS = 24 * HOUR_MS;
/**
 * The server drops fires from before the time of an update (workflow.go of v1.29.1), applies an update a moment after it is sent,
 * and its clock may be ahead. A fire closer than this doesn't count, so what needs it gets another one.
 */
const LEAD_MS = 30_000;
/** An open delivery is looked after so long past its slot: a little later its run counts as stalled. */
const RECOVERY_AFTER_MS = 2 * MINUTE_MS + 1;

export const EVERY_MINUTE: DuePlan = { daily: new Set(Array.from({ length: DAY_MINUTES }, (_, n) => n)), once: [] };

/** True for times that were planned here and not changed since. */
export function isWhenDue(spec: Pick<ScheduleSpecDescription, 'calendars' | 'intervals'> | undefined): boolean {
  const calendars = spec?.calendars ?? [];
  if (calendars.length === 0 || (spec?.intervals ?? []).length > 0) return false;
  return calendars.every(({ comment }) => comment === WHEN_DUE);
}

/** The plan with every fire that is needed, and without the minute of a fire that found nothing. */
export function nextPlan(plan: DuePlan, needs: Needs, now: Date, fired?: Fired): DuePlan {
  const soon = now.getTime() + LEAD_MS;
  const needed = new Set<number>();
  for (const at of needs.due) {
    if (at > now.getTime() && at <= now.getTime() + HORIZON_MS) needed.add(minuteOfDay(upToMinute(at)));
  }
  const daily = withSafety(kept(plan, fired).union(needed));
  const next: DuePlan = {
    daily: daily.size > DAY_MINUTES / 2 ? EVERY_MINUTE.daily : daily,
    once: plan.once.filter((at) => at > now.getTime()),
  };
  const wanted = [
    // Overdue, or its fire may be dropped.
    ...(needs.due.some((at) => at <= soon) ? [soon] : []),
    ...(needs.openSlot === undefined ? [] : [Math.max(soon, needs.openSlot + RECOVERY_AFTER_MS)]),
  ];
  if (wanted.length === 0) return next;
  const at = upToMinute(Math.min(...wanted));
  // A fire before it plans again.
  return nextFire(next, soon) <= at + MINUTE_MS
    ? next
    : { ...next, once: [...next.once, at].toSorted((a, b) => a - b) };
}

/** Equal but for single fires that have passed. */
export function samePlan(a: DuePlan, b: DuePlan, now: Date): boolean {
  const coming = ({ once }: DuePlan) => once.filter((at) => at > now.getTime()).join();
  return a.daily.size === b.daily.size && a.daily.isSubsetOf(b.daily) && coming(a) === coming(b);
}

/** The first fire at or after an instant, in milliseconds since 1970. */
export function nextFire({ daily, once }: DuePlan, from: number): number {
  let at = upToMinute(from);
  const single = once.find((one) => one >= from) ?? Infinity;
  while (at < single && !daily.has(minuteOfDay(at))) at += MINUTE_MS;
  return Math.min(at, single);
}

function kept({ daily }: DuePlan, fired: Fired | undefined): ReadonlySet<number> {
  if (fired === undefined || fired.found) return daily;
  // While it fires every minute, an empty one shows that it need not.
  if (daily.size === DAY_MINUTES) return new Set();
  return daily.difference(new Set([minuteOfDay(fired.nominal.getTime())]));
}

function withSafety(daily: ReadonlySet<number>): ReadonlySet<number> {
  return daily.union(new Set(Array.from({ length: 24 }, (_, hour) => hour * 60)));
}

function upToMinute(at: number): number {
  return Math.ceil(at / MINUTE_MS) * MINUTE_MS;
}

function minuteOfDay(at: number): number {
  return Math.floor(at / MINUTE_MS) % DAY_MINUTES;
}

/** As the SDK takes it: a calendar for all hours with the same minutes, so at most 24, and one for each single fire. */
export function calendarsOf({ daily, once }: DuePlan): CalendarSpec[] {
  const byHour = Map.groupBy(
    [...daily].toSorted((a, b) => a - b),
    (minute) => Math.floor(minute / 60),
  );
  const alike = Map.groupBy(byHour, ([, minutes]) => minutes.map((minute) => minute % 60).join());
  const repeated = Array.from(alike, ([minutes, hours]) => ({
    minute: rangesOf(minutes.split(',').map(Number)),
    hour: rangesOf(hours.map(([hour]) => hour)),
    comment: WHEN_DUE,
  }));
  return [...repeated, ...once.map(calendarOfInstant)];
}

function calendarOfInstant(instant: number): CalendarSpec {
  const at = new Date(instant);
  return {
    minute: at.getUTCMinutes(),
    hour: at.getUTCHours(),
    dayOfMonth: at.getUTCDate(),
    month: MONTHS[at.getUTCMonth()]!,
    year: at.getUTCFullYear(),
    comment: WHEN_DUE,
  };
}

/** The plan that calendars were made of. */
export function planOfCalendars(calendars: readonly CalendarSpecDescription[]): DuePlan {
  const daily = new Set<number>();
  const once: number[] = [];
  for (const { minute, hour, dayOfMonth, month, year } of calendars) {
    const times = valuesOf(hour).flatMap((h) => valuesOf(minute).map((m) => h * 60 + m));
    const [y] = year;
    const [d] = dayOfMonth;
    const [mo] = month;
    if (y === undefined || d === undefined || mo === undefined) for (const time of times) daily.add(time);
    else for (const time of times) once.push(Date.UTC(y.start, MONTHS.indexOf(mo.start), d.start, 0, time));
  }
  return { daily, once: once.toSorted((a, b) => a - b) };
}

function valuesOf(ranges: readonly Range<number>[]): number[] {
  return ranges.flatMap(({ start, end, step }) =>
    Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, n) => start + n * step),
  );
}

/** Ascending numbers as ranges. */
function rangesOf(values: readonly number[]): Range<number>[] {
  const ranges: Range<number>[] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last?.end === value - 1) last.end = value;
    else ranges.push({ start: value, end: value, step: 1 });
  }
  return ranges;
}
