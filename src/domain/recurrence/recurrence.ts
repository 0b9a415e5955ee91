/**
 * A recurrence is a cron rule read on the wall clock of one time zone. This module turns it into *occurrences*: the local
 * minutes at which a notification is due, each with its instant. Pure: reads no clock, does no I/O.
 *
 * The cron means what it means to Temporal's server (v1.29.1, service/worker/scheduler/calendar.go), so that a rule fires
 * alike on a Temporal schedule and here: exactly five fields (Temporal reads a sixth as the year, others as seconds); day of
 * month AND day of week (classic cron: either), so `0 9 1-7 * MON` is the first Monday of a month; no `#` (a comment to
 * Temporal: `MON#1` would fire every Monday), `L`, `W`, `?` or `@daily`. A cron can't express the last Friday of a month:
 * that is a cron and a number, which keeps only the n-th matching day of each month (src/domain/recurrence/words.ts). Nor can
 * it express every other Friday: that is a cron and a step, counted from an anchor date in local dates, so that neither the end
 * of a year nor a clock change moves it.
 *
 * At a clock change it is kinder than a Temporal schedule. An occurrence comes **the first time that the local clock shows
 * or passes it**, so a local minute comes at most once and the instants strictly increase:
 * - Put back: the first time only (`remark: 'repeated'`). An hourly or every-minute rule is silent while the hour repeats.
 * - Put forward: an occurrence in the gap comes at the first minute after it (`remark: 'shifted'`, `local` keeps the nominal
 *   02:30). If several lie in the gap, only the first comes. If the rule fires by itself soon after the gap (within the
 *   length of the gap), those in the gap are dropped: `15 * * * *` goes 01:15, 03:15, and `0 9 * * *` does not make up for
 *   30 December 2011, which Samoa never had.
 *   An occurrence names those dropped for it (`insteadOf`), so each local minute is an occurrence or named by one.
 */
import { nextClockChange, offsetAt, parseZone } from './clock.ts';
import { type CronFields, DAY, firstMatch, HOUR, MINUTE, neverFires, parseCron, type Step, type Wall } from './cron.ts';

export { shortestInterval, type Step, STEP_MAX } from './cron.ts';
export { isZone, nextClockChange, offsetAt, parseZone, TIME_RULES, TZ_VERSION } from './clock.ts';

export interface RecurrenceRule {
  /** Five fields. */
  readonly cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timezone: string;
  /** Keeps only the n-th matching day of each month; -1 is the last. */
  readonly nthDay?: number | undefined;
  /** Keeps only every n-th week or day, counted from an anchor date: fortnightly. */
  readonly step?: Step | undefined;
  /** Local dates of the first and the last day: `2026-12-01`. */
  readonly startOn?: string | undefined;
  readonly endOn?: string | undefined;
  /** Local dates on which nothing goes out: `2026-12-25`, or `12-25` for every year. */
  readonly skip?: readonly string[] | undefined;
  /** What happens to an occurrence that the clock skips; `shift` by default. */
  readonly dstGap?: 'shift' | 'skip' | undefined;
}

export interface Recurrence extends RecurrenceRule {
  readonly fields: CronFields;
}

export interface Occurrence {
  /** Nominal local time to the minute, e.g. `2026-11-23T09:00`; unique within a recurrence. */
  readonly local: string;
  readonly timezone: string;
  readonly at: Date;
  /** `shifted`: the clock skips `local`, `at` is the first minute after. `repeated`: it shows `local` twice, `at` is the first. */
  readonly remark?: 'shifted' | 'repeated';
  /** Other local times that the clock skips, replaced by this one. */
  readonly insteadOf?: readonly string[];
  /** Why nothing goes out: a date to skip, or a skipped local time with `dstGap: 'skip'`. */
  readonly skipped?: 'date' | 'gap';
}

/** Zones lie between UTC-12 and UTC+14; one hour more on each side, so a clock change is visible from both. */
const EARLIEST_INSTANT = -15 * HOUR;
const LATEST_INSTANT = 13 * HOUR;
/** The longest gap so far, Samoa's missing day, and an hour to spare. */
const LONGEST_GAP = DAY + HOUR;

/**
 * Reads a rule and its zone.
 * @throws UserError `invalid_cron` (also for a rule that never fires, such as 30 February) or `invalid_timezone`.
 */
export function parseRecurrence(rule: RecurrenceRule): Recurrence {
  const cron = rule.cron.trim().replace(/\s+/g, ' ');
  const fields = { ...parseCron(cron), nthDay: rule.nthDay, step: rule.step };
  if (firstMatch(fields, Date.UTC(2000, 0, 1)) === undefined) {
    throw neverFires(cron, firstMatch(parseCron(cron), Date.UTC(2000, 0, 1)) === undefined ? undefined : rule.nthDay);
  }
  return { ...rule, cron, fields, timezone: parseZone(rule.timezone) };
}

/**
 * The first occurrence strictly after `after`, which may be a skipped one; undefined if there is none up to the year 2100.
 * @throws RangeError when `after` is an invalid date.
 */
export function nextOccurrence(recurrence: Recurrence, after: Date): Occurrence | undefined {
  const { timezone } = recurrence;
  const afterMs = after.getTime();
  if (Number.isNaN(afterMs)) throw new RangeError('nextOccurrence: "after" is an invalid date');
  let wall = match(recurrence, Math.floor((afterMs + offsetAt(timezone, afterMs)) / MINUTE + 1) * MINUTE);
  while (wall !== undefined) {
    const before = offsetAt(timezone, wall + EARLIEST_INSTANT);
    const later = offsetAt(timezone, wall + LATEST_INSTANT);
    if (before === later) return ordinary(recurrence, wall, wall - before);

    const change = nextClockChange(timezone, wall + EARLIEST_INSTANT);
    const [gapStart, gapEnd] = [change + before, change + later];
    if (wall < gapStart) {
      const at = wall - before;
      if (at > afterMs) return toOccurrence(recurrence, { wall, at, remark: wall >= gapEnd ? 'repeated' : undefined });
      wall = match(recurrence, gapStart); // `after` lies where the clock repeats
    } else if (wall >= gapEnd) {
      return ordinary(recurrence, wall, wall - later);
    } else {
      const own = ownAfter(recurrence, gapStart, gapEnd);
      if (own === undefined) {
        const others = matchesBetween(recurrence, wall + MINUTE, gapEnd);
        return toOccurrence(recurrence, { wall, at: change, remark: 'shifted', others });
      }
      wall = own;
    }
  }
  return undefined;
}

/**
 * The first occurrence that stands for `local` (`2026-11-23T09:00`) or for a later local time: where an occurrence that older
 * rules of its zone gave is by today's. Undefined if there is none.
 */
export function occurrenceFrom(recurrence: Recurrence, local: string): Occurrence | undefined {
  let next = nextOccurrence(recurrence, new Date(Date.parse(`${local}Z`) + EARLIEST_INSTANT - LONGEST_GAP));
  while (next !== undefined && (localsOf(next).at(-1) ?? '') < local) next = nextOccurrence(recurrence, next.at);
  return next;
}

/** The first local time that an occurrence stands for: its own, or one that the clock skips and it replaces. */
export function firstLocal(occurrence: Occurrence): string {
  return localsOf(occurrence)[0] ?? occurrence.local;
}

function localsOf({ local, insteadOf = [] }: Occurrence): string[] {
  return [local, ...insteadOf].toSorted();
}

/** The first `limit` occurrences in (afterExclusive, untilInclusive], in order. */
export function occurrencesBetween(
  recurrence: Recurrence,
  afterExclusive: Date,
  untilInclusive: Date,
  limit: number,
): Occurrence[] {
  const occurrences: Occurrence[] = [];
  let occurrence = nextOccurrence(recurrence, afterExclusive);
  while (occurrence && occurrence.at <= untilInclusive && occurrences.length < limit) {
    occurrences.push(occurrence);
    occurrence = nextOccurrence(recurrence, occurrence.at);
  }
  return occurrences;
}

/** The identity of an occurrence, e.g. `2026-11-23T09:00[Europe/Berlin]`. */
export function occurrenceKey(occurrence: Occurrence): string {
  return `${occurrence.local}[${occurrence.timezone}]`;
}

/** The local date and time of an instant in a zone: `2026-11-23T09:00`. */
export function localTimeAt(timezone: string, at: Date): string {
  return localText(at.getTime() + offsetAt(timezone, at.getTime()));
}

/** An occurrence that the clock shows; the first after a gap may replace those in the gap. */
function ordinary(recurrence: Recurrence, wall: Wall, at: number): Occurrence {
  const { timezone } = recurrence;
  const before = offsetAt(timezone, at - LONGEST_GAP);
  const later = offsetAt(timezone, at);
  if (later <= before) return toOccurrence(recurrence, { wall, at });
  const change = nextClockChange(timezone, at - LONGEST_GAP);
  const [gapStart, gapEnd] = [change + before, change + later];
  const others = ownAfter(recurrence, gapStart, gapEnd) === wall ? matchesBetween(recurrence, gapStart, gapEnd) : [];
  return toOccurrence(recurrence, { wall, at, others });
}

/** The rule's own match so soon after the gap that those in the gap are dropped. */
function ownAfter(recurrence: Recurrence, gapStart: Wall, gapEnd: Wall): Wall | undefined {
  const own = match(recurrence, gapEnd);
  return own !== undefined && own < gapEnd + (gapEnd - gapStart) ? own : undefined;
}

function matchesBetween(recurrence: Recurrence, from: Wall, until: Wall): Wall[] {
  const walls: Wall[] = [];
  for (
    let wall = match(recurrence, from);
    wall !== undefined && wall < until;
    wall = match(recurrence, wall + MINUTE)
  ) {
    walls.push(wall);
  }
  return walls;
}

/** The first local minute of the rule, within its days, at or after `from`. */
function match({ fields, startOn, endOn }: Recurrence, from: Wall): Wall | undefined {
  const start = startOn === undefined ? from : Math.max(from, Date.parse(`${startOn}T00:00Z`));
  const wall = firstMatch(fields, start);
  return wall !== undefined && endOn !== undefined && localText(wall).slice(0, 10) > endOn ? undefined : wall;
}

interface OccurrenceParts {
  wall: Wall;
  at: number;
  remark?: 'shifted' | 'repeated' | undefined;
  others?: readonly Wall[];
}

function toOccurrence(
  { timezone, skip = [], dstGap }: Recurrence,
  { wall, at, remark, others = [] }: OccurrenceParts,
): Occurrence {
  const local = localText(wall);
  const date = local.slice(0, 'yyyy-mm-dd'.length);
  const onSkipDate = skip.includes(date) || skip.includes(date.slice('yyyy-'.length));
  const skipped = onSkipDate ? 'date' : remark === 'shifted' && dstGap === 'skip' ? 'gap' : undefined;
  return {
    local,
    timezone,
    at: new Date(at),
    ...(remark && { remark }),
    ...(others.length > 0 && { insteadOf: others.map(localText) }),
    ...(skipped && { skipped }),
  };
}

function localText(wall: Wall): string {
  return new Date(wall).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
}
