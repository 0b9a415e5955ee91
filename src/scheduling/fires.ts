import type { Fire } from '../domain/fires.ts';
import { parseRecurrence, type Recurrence } from '../domain/recurrence/recurrence.ts';
import { localText, matchesWall, nextOnServer, wallClock, type WallClock } from './server-calendar.ts';
import type { ScheduleTimes } from './settings.ts';

/** When a schedule fires that the server does not have yet, and what the clock does to any schedule. */

const [MINUTE, DAY] = [60_000, 86_400_000];
/** A day that starts late is taken for the one before by the server, up to its end; no clock change is longer than that. */
const AROUND = 26 * 3_600_000;
/** Temporal matches no later year. */
const END_OF_CALENDAR = Date.UTC(2101, 0, 1);

const REMARKS = {
  gap: 'the clock skips this time: the schedule does not fire',
  first: 'the clock shows this time twice: this is the first',
  second: 'the clock shows this time twice: this is the second, riders have their report from the first',
  onlyFirst: 'the clock shows this time twice: the schedule fires only the first time',
  onlySecond: 'the clock shows this time twice: the schedule fires only the second time',
  odd: 'no time of the cron: what the server makes of it where the clock is changed; no report for riders',
  lost: 'the schedule does not fire: what the server makes of it where the clock is changed',
  skip: 'a date to skip',
} as const;

/** The first `count` fires that `between` finds after an instant, and the times among them that do not fire. */
export async function firstFires(
  count: number,
  after: Date,
  between: (from: Date, until: Date) => Promise<Fire[]> | Fire[],
): Promise<Fire[]> {
  const found: Fire[] = [];
  let coming = 0;
  let from = after.getTime();
  for (let span = DAY; coming < count && from < END_OF_CALENDAR; span *= 2) {
    const until = Math.min(from + span, END_OF_CALENDAR);
    for (const fire of await between(new Date(from), new Date(until))) {
      if (coming === count) break;
      found.push(fire);
      if (fire.at !== undefined) coming += 1;
    }
    from = until;
  }
  return found;
}

/** Those in the window (from, until], in order. Crons with seconds or years, which only others make, are left out. */
export function firesBetween(times: ScheduleTimes, from: Date, until: Date): Fire[] {
  return remarked(instantsBetween(times, from, until), times, from, until);
}

function instantsBetween(times: ScheduleTimes, from: Date, until: Date): Date[] {
  const clock = wallClock(times.timezone);
  const rules = rulesOf(times);
  const latest = Math.min(until.getTime(), times.end?.getTime() ?? END_OF_CALENDAR);
  const found: Date[] = [];
  // The start is part of it.
  const first = Math.max(from.getTime(), (times.start?.getTime() ?? 0) - 1);
  let at = Math.max(lookFrom(times, from).getTime(), (times.start?.getTime() ?? 0) - 1);
  // All look on from the fire before, whosever it was, as the server does: where the clock is changed it matters.
  const next = () =>
    Math.min(
      ...rules.map((fields) => nextOnServer(fields, clock, at)),
      ...times.every.map(({ every, offset }) => Math.floor((at - offset) / every + 1) * every + offset),
    );
  for (at = next(); at <= latest; at = next()) if (at > first) found.push(new Date(at));
  return found;
}

/**
 * Where to begin so that a window which opens on a day with a clock change finds what one that is open before it does: the server
 * looks at such a day once, from the fire before.
 */
export function lookFrom({ timezone }: ScheduleTimes, from: Date): Date {
  const before = from.getTime() - 2 * DAY;
  return new Date(wallClock(timezone).nextChange(before) <= from.getTime() ? before : from.getTime());
}

/** The instants at which a schedule fires in the window (from, until], with the local times that do not fire. */
export function remarked(instants: readonly Date[], times: ScheduleTimes, from: Date, until: Date): Fire[] {
  const clock = wallClock(times.timezone);
  const fired = new Set(instants.map((at) => at.getTime()));
  const fires = instants.map((at) => ({ at: at.getTime(), fire: fireAt(at, times, clock, fired) }));
  const bounds = {
    from: Math.max(from.getTime(), (times.start?.getTime() ?? 0) - 1),
    until: Math.min(until.getTime(), times.end?.getTime() ?? END_OF_CALENDAR),
  };
  return [...fires, ...silentTimes(times, clock, fired, bounds)]
    .toSorted((a, b) => a.at - b.at || (a.fire.at === undefined ? -1 : 1))
    .map(({ fire }) => fire);
}

/** Around a clock change, the local times of the crons that pass without a fire. */
function silentTimes(
  times: ScheduleTimes,
  clock: WallClock,
  fired: ReadonlySet<number>,
  { from, until }: { from: number; until: number },
): { at: number; fire: Fire }[] {
  const rules = rulesOf(times);
  const found = new Map<number, { at: number; fire: Fire }>();
  if (rules.length === 0 || rules.length < times.cron.length) return [];
  const latest = until + AROUND;
  for (let change = clock.nextChange(from - AROUND); change <= latest; change = clock.nextChange(change)) {
    const middle = Math.floor(clock.wallAt(change) / MINUTE) * MINUTE;
    for (let wall = middle - AROUND; wall <= middle + AROUND; wall += MINUTE) {
      if (found.has(wall) || !rules.some((fields) => matchesWall(fields, wall))) continue;
      const shown = clock.instantsOf(wall);
      const at = shown[0] ?? clock.instantOf(wall);
      if (at <= from || at > until || shown.some((instant) => fired.has(instant))) continue;
      const isSkipped = isSkipDate(times, localText(wall));
      const remark = isSkipped ? REMARKS.skip : shown.length === 0 ? REMARKS.gap : REMARKS.lost;
      found.set(wall, { at, fire: silent(localText(wall), times.timezone, remark) });
    }
  }
  return [...found.values()];
}

/** How an instant at which a schedule would fire is told. `fired`: the instants around it at which it fires. */
export function fireAt(
  at: Date,
  times: ScheduleTimes,
  clock = wallClock(times.timezone),
  fired?: ReadonlySet<number>,
): Fire {
  const { timezone, cron, every } = times;
  const wall = clock.wallAt(at.getTime());
  const local = localText(wall);
  if (isSkipDate(times, local)) return silent(local, timezone, REMARKS.skip);
  return { at, local, timezone, remark: isOdd() ? REMARKS.odd : repeatOf() };

  /** A jittered time is not at a whole second, but by chance. */
  function isOdd(): boolean {
    if (every.length > 0 || wall % MINUTE !== 0 || fiveFields(cron).length < cron.length) return false;
    return !rulesOf(times).some((fields) => matchesWall(fields, wall));
  }

  function repeatOf(): string | undefined {
    const [first = 0, second] = clock.instantsOf(wall);
    if (second === undefined) return undefined;
    if (fired === undefined || (fired.has(first) && fired.has(second))) {
      return at.getTime() === first ? REMARKS.first : REMARKS.second;
    }
    return at.getTime() === first ? REMARKS.onlyFirst : REMARKS.onlySecond;
  }
}

/**
 * The fire that stands for the same local time: that of a second fire where the clock shows a time twice is the first, and that of
 * a fire at no time of the cron is the one before it. Riders get one report for both. Any other instant is its own.
 * @example slotOf(settings, new Date('2026-11-01T06:30Z')) // 30 1 * * * in New York: 2026-11-01T05:30Z
 */
export function slotOf(times: ScheduleTimes, at: Date): Date {
  const instant = at.getTime();
  const clock = wallClock(times.timezone);
  const rules = rulesOf(times);
  if (clock.nextChange(instant - AROUND) > instant + AROUND || rules.length < times.cron.length) return at;
  if (times.every.some(({ every, offset }) => (instant - offset) % every === 0)) return at;
  // One that a person triggers is none of these.
  const fired = instantsBetween(times, new Date(instant - 2 * DAY), at).map((fire) => fire.getTime());
  if (fired.at(-1) !== instant) return at;
  const isOfCron = (one: number) => rules.some((fields) => matchesWall(fields, clock.wallAt(one)));
  const own = fired.findLast(isOfCron) ?? instant;
  const [first = own] = clock.instantsOf(clock.wallAt(own));
  return new Date(fired.includes(first) ? first : own);
}

/** The last fire that stands for the same local time as this one. */
export function lastFireOf(times: ScheduleTimes, slot: Date): Date {
  const until = new Date(slot.getTime() + AROUND);
  const isOfSlot = (at: Date) => slotOf(times, at).getTime() === slot.getTime();
  return instantsBetween(times, slot, until).findLast(isOfSlot) ?? slot;
}

function isSkipDate({ skip }: ScheduleTimes, local: string): boolean {
  return skip.includes(local.slice(0, 10)) || skip.includes(local.slice('yyyy-'.length, 10));
}

function rulesOf({ cron }: ScheduleTimes): Recurrence['fields'][] {
  return fiveFields(cron).map((text) => parseRecurrence({ cron: text, timezone: 'UTC' }).fields);
}

function silent(local: string, timezone: string, remark: string): Fire {
  return { at: undefined, local, timezone, remark };
}

function fiveFields(crons: readonly string[]): string[] {
  return crons.filter((text) => text.split(' ').length === 5);
}
