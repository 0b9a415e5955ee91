import { localDate, startOfDay } from '../../domain/local-time.ts';

/** The stretch of time a report shows: from (inclusive) to (exclusive). */
export interface Period {
  from: Date;
  to: Date;
}

/** One day of a zone: as many hours as its clock shows, 23 or 25 at a change. */
export interface LocalDay extends Period {
  /** `2026-11-21` */
  date: string;
}

/** A period with its days as readers count them. */
export interface LocalPeriod extends Period {
  /** Whether it goes from one local midnight to another. */
  readonly isWholeDays: boolean;
  /** Its local days in order. The first and the last are cut to the period. */
  days(): LocalDay[];
  /** The one of the same length before it: as many days, or as many milliseconds. */
  before(): LocalPeriod;
}

/** Throws a RangeError for what is no instant. */
export function localPeriod(timezone: string, from: Date, to: Date): LocalPeriod {
  const isWholeDays = isMidnight(timezone, from) && isMidnight(timezone, to);
  const days = () => daysOf(timezone, from, to);
  return {
    from,
    to,
    isWholeDays,
    days,
    before() {
      const length = to.getTime() - from.getTime();
      const start = isWholeDays ? startOfDay(timezone, from, -days().length) : new Date(from.getTime() - length);
      return localPeriod(timezone, start, from);
    },
  };
}

/** The last whole days before an instant. */
export function lastDays(timezone: string, count: number, before: Date): LocalPeriod {
  return localPeriod(timezone, startOfDay(timezone, before, -count), startOfDay(timezone, before));
}

/**
 * From midnight to midnight where the two are on different days, so that one report begins where the last one ended, and no day
 * is shown in part. On one day it is the time between them.
 */
export function periodSince(timezone: string, since: Date, until: Date): LocalPeriod {
  if (localDate(timezone, since) === localDate(timezone, until)) return localPeriod(timezone, since, until);
  return localPeriod(timezone, startOfDay(timezone, since), startOfDay(timezone, until));
}

function daysOf(timezone: string, from: Date, to: Date): LocalDay[] {
  const days: LocalDay[] = [];
  let start = from;
  while (start < to) {
    const next = startOfDay(timezone, start, 1);
    days.push({ date: localDate(timezone, start), from: start, to: next < to ? next : to });
    start = next;
  }
  return days;
}

function isMidnight(timezone: string, instant: Date): boolean {
  return startOfDay(timezone, instant).getTime() === instant.getTime();
}
