import type { Fire } from '../domain/fires.ts';
import { parseRecurrence } from '../domain/recurrence/recurrence.ts';
import { localText, matchesWall, nextOnServer, wallClock, type WallClock } from './server-calendar.ts';
import type { ScheduleTimes } from './settings.ts';

/** When a schedule fires that the server does not have yet, and what the clock does to any schedule. */

const DAY = 86_400_000;
/** Temporal matches no later year. */
const END_OF_CALENDAR = Date.UTC(2101, 0, 1);

const REMARKS = {
  gap: 'the clock skips this time: the schedule does not fire',
  first: 'the clock shows this time twice: this is the first',
  second: 'the clock shows this time twice: this is the second',
  odd: 'no time of the cron: what the server makes of it where the clock is changed',
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
  const clock = wallClock(times.timezone);
  const rules = fiveFields(times.cron).map((cron) => parseRecurrence({ cron, timezone: 'UTC' }).fields);
  const latest = Math.min(until.getTime(), times.end?.getTime() ?? END_OF_CALENDAR);
  const found: { at: number; fire: Fire }[] = [];
  const gaps = new Map<string, number>();
  const onGap = (wall: number) => gaps.set(localText(wall), clock.instantOf(wall));
  // The start is part of it.
  let at = Math.max(from.getTime(), (times.start?.getTime() ?? 0) - 1);
  // All look on from the fire before, whosever it was, as the server does: where the clock is changed it matters.
  const next = () =>
    Math.min(
      ...rules.map((fields) => nextOnServer(fields, clock, at, onGap)),
      ...times.every.map(({ every, offset }) => Math.floor((at - offset) / every + 1) * every + offset),
    );
  const first = at;
  for (at = next(); at <= latest; at = next()) found.push({ at, fire: fireAt(new Date(at), times, clock) });
  for (const [local, instant] of gaps) {
    if (instant > first && instant <= latest)
      found.push({ at: instant, fire: silent(local, times.timezone, REMARKS.gap) });
  }
  return found.toSorted((a, b) => a.at - b.at).map(({ fire }) => fire);
}

/** How an instant at which a schedule would fire is told. */
export function fireAt(at: Date, times: ScheduleTimes, clock = wallClock(times.timezone)): Fire {
  const { timezone, skip, cron, every } = times;
  const wall = clock.wallAt(at.getTime());
  const local = localText(wall);
  const date = local.slice(0, 10);
  if (skip.includes(date) || skip.includes(date.slice(5))) return silent(local, timezone, REMARKS.skip);
  return { at, local, timezone, remark: isOdd() ? REMARKS.odd : repeatOf(at.getTime(), wall, clock) };

  /** A jittered time is not at a whole second, but by chance. */
  function isOdd(): boolean {
    if (every.length > 0 || wall % 60_000 !== 0 || fiveFields(cron).length < cron.length) return false;
    return !cron.some((text) => matches(text, wall));
  }
}

function repeatOf(at: number, wall: number, clock: WallClock): string | undefined {
  const [first, second] = clock.instantsOf(wall);
  if (second === undefined) return undefined;
  return at === first ? REMARKS.first : REMARKS.second;
}

function silent(local: string, timezone: string, remark: string): Fire {
  return { at: undefined, local, timezone, remark };
}

function fiveFields(crons: readonly string[]): string[] {
  return crons.filter((text) => text.split(' ').length === 5);
}

function matches(cron: string, wall: number): boolean {
  return matchesWall(parseRecurrence({ cron, timezone: 'UTC' }).fields, wall);
}
