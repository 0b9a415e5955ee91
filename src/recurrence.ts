/**
 * A recurrence is a cron rule read on the wall clock of one time zone. This module turns it into *slots*: the local
 * minutes at which a notification is due, and the instants at which they come. Pure: reads no clock, does no I/O.
 *
 * The cron means what it means to Temporal's server (v1.29.1, service/worker/scheduler/calendar.go), so that a rule fires
 * alike on a Temporal schedule and here: exactly five fields (Temporal reads a sixth as the year, others as seconds); day of
 * month AND day of week (classic cron: either), so `0 9 1-7 * MON` is the first Monday of a month; no `#` (a comment to
 * Temporal: `MON#1` would fire every Monday), `L`, `W`, `?` or `@daily`. What no cron says, the last Friday of a month, is a
 * cron and a number: of the days that match in a month only the n-th (src/recurrence/words.ts).
 *
 * Where the clock is changed it is kinder than a Temporal schedule. A slot fires **the first time that the local clock shows
 * or passes it**, so a local minute fires at most once and the instants strictly increase:
 * - Put back: the first time only (`remark: 'repeated'`). An hourly or every-minute rule is silent while the hour repeats.
 * - Put forward: a slot in the gap comes at the first minute after it (`remark: 'shifted'`, `local` keeps the nominal 02:30);
 *   of several, the first. A rule that fires by itself within as long after the gap as the gap is long drops the slots in it:
 *   `15 * * * *` goes 01:15, 03:15, and `0 9 * * *` does not make up for 30 December 2011, which Samoa never had.
 *   A slot names those that were dropped for it (`insteadOf`), so that each local minute is a slot or stands in one.
 */
import { findChange, offsetAt, parseZone } from './recurrence/clock.ts';
import { type CronFields, DAY, firstMatch, HOUR, MINUTE, neverFires, parseCron, type Wall } from './recurrence/cron.ts';

export { clockOf, offsetAt } from './recurrence/clock.ts';
export { describeRecurrence } from './recurrence/describe.ts';

export interface RecurrenceRule {
  /** Five fields. */
  readonly cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timezone: string;
  /** Of the days that the cron matches in a month only the n-th; -1 is the last. */
  readonly nthDay?: number | undefined;
  /** Local dates of the first and the last day: `2026-12-01`. */
  readonly startOn?: string | undefined;
  readonly endOn?: string | undefined;
  /** Local dates on which nothing goes out: `2026-12-25`, or `12-25` of every year. */
  readonly skip?: readonly string[] | undefined;
  /** What becomes of a slot that the clock skips; `shift` where nothing is said. */
  readonly dstGap?: 'shift' | 'skip' | undefined;
}

export interface Recurrence extends RecurrenceRule {
  readonly fields: CronFields;
  /** Tells the zone's offset; one for each recurrence. */
  readonly clock: Intl.DateTimeFormat;
}

export interface Slot {
  /** Nominal local time to the minute, e.g. `2026-11-23T09:00`; no two slots of a recurrence share one. */
  readonly local: string;
  readonly timezone: string;
  readonly at: Date;
  /** `shifted`: the clock skips `local`, `at` is the first minute after. `repeated`: it shows `local` twice, `at` is the first. */
  readonly remark?: 'shifted' | 'repeated';
  /** Other local times that the clock skips, which do not come because this one does. */
  readonly insteadOf?: readonly string[];
  /** Set where nothing goes out: on a date to skip, or in a gap of the clock that is not made up for. */
  readonly skipped?: 'date' | 'gap';
}

/** Zones lie between UTC-12 and UTC+14; one hour more on each side, so that a clock change is seen from both. */
const EARLIEST_INSTANT = -15 * HOUR;
const LATEST_INSTANT = 13 * HOUR;
/** The longest that a clock was put forward, Samoa's day, and an hour more. */
const LONGEST_GAP = DAY + HOUR;

/**
 * Reads a rule and its zone.
 * @throws UserError `invalid_cron` (also for a rule that never fires, such as 30 February) or `invalid_timezone`.
 */
export function parseRecurrence(rule: RecurrenceRule): Recurrence {
  const cron = rule.cron.trim().replace(/\s+/g, ' ');
  const fields = { ...parseCron(cron), nthDay: rule.nthDay };
  if (firstMatch(fields, Date.UTC(2000, 0, 1)) === undefined) throw neverFires(cron);
  return { ...rule, cron, fields, ...parseZone(rule.timezone) };
}

/**
 * The first slot strictly after `after`, or undefined when there is none up to the year 2100. It may be one that is skipped.
 * @throws RangeError when `after` is an invalid date.
 */
export function nextSlot(recurrence: Recurrence, after: Date): Slot | undefined {
  const { clock } = recurrence;
  const afterMs = after.getTime();
  if (Number.isNaN(afterMs)) throw new RangeError('nextSlot: "after" is an invalid date');
  let wall = match(recurrence, Math.floor((afterMs + offsetAt(clock, afterMs)) / MINUTE + 1) * MINUTE);
  while (wall !== undefined) {
    const before = offsetAt(clock, wall + EARLIEST_INSTANT);
    const later = offsetAt(clock, wall + LATEST_INSTANT);
    if (before === later) return ordinary(recurrence, wall, wall - before);

    const change = findChange(clock, wall + EARLIEST_INSTANT, wall + LATEST_INSTANT);
    const [gapStart, gapEnd] = [change + before, change + later];
    if (wall < gapStart) {
      const at = wall - before;
      if (at > afterMs) return toSlot(recurrence, { wall, at, remark: wall >= gapEnd ? 'repeated' : undefined });
      wall = match(recurrence, gapStart); // `after` lies where the clock repeats
    } else if (wall >= gapEnd) {
      return ordinary(recurrence, wall, wall - later);
    } else {
      const own = ownAfter(recurrence, gapStart, gapEnd);
      if (own === undefined) {
        const others = matchesBetween(recurrence, wall + MINUTE, gapEnd);
        return toSlot(recurrence, { wall, at: change, remark: 'shifted', others });
      }
      wall = own;
    }
  }
  return undefined;
}

/** The slots in the window (afterExclusive, untilInclusive], in order; the first `limit` of them. */
export function slotsBetween(
  recurrence: Recurrence,
  afterExclusive: Date,
  untilInclusive: Date,
  limit: number,
): Slot[] {
  const slots: Slot[] = [];
  let slot = nextSlot(recurrence, afterExclusive);
  while (slot && slot.at <= untilInclusive && slots.length < limit) {
    slots.push(slot);
    slot = nextSlot(recurrence, slot.at);
  }
  return slots;
}

/** The identity of a slot, e.g. `2026-11-23T09:00[Europe/Berlin]`. */
export function occurrenceKey(slot: Slot): string {
  return `${slot.local}[${slot.timezone}]`;
}

/** The local date and time of an instant on the clock of a recurrence: `2026-11-23T09:00`. */
export function localTimeAt({ clock }: Pick<Recurrence, 'clock'>, at: Date): string {
  return localText(at.getTime() + offsetAt(clock, at.getTime()));
}

/** A slot that the clock shows; the first after a gap may stand for what was in it. */
function ordinary(recurrence: Recurrence, wall: Wall, at: number): Slot {
  const { clock } = recurrence;
  const before = offsetAt(clock, at - LONGEST_GAP);
  const later = offsetAt(clock, at);
  if (later <= before) return toSlot(recurrence, { wall, at });
  const change = findChange(clock, at - LONGEST_GAP, at);
  const [gapStart, gapEnd] = [change + before, change + later];
  const others = ownAfter(recurrence, gapStart, gapEnd) === wall ? matchesBetween(recurrence, gapStart, gapEnd) : [];
  return toSlot(recurrence, { wall, at, others });
}

/** By itself, so soon after the gap that it needs no making up for. */
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

interface Parts {
  wall: Wall;
  at: number;
  remark?: 'shifted' | 'repeated' | undefined;
  others?: readonly Wall[];
}

function toSlot({ timezone, skip = [], dstGap }: Recurrence, { wall, at, remark, others = [] }: Parts): Slot {
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
