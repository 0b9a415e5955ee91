import {
  MONTHS,
  ScheduleOverlapPolicy,
  type CalendarSpec,
  type ScheduleDescription,
  type ScheduleSpec,
  type ScheduleSpecDescription,
} from '@temporalio/client';
import { durationText } from '../lib/duration.ts';
import { occurrenceOfInstant } from '../domain/occurrence.ts';
import type { DispatchInput } from '../contract/dispatch.ts';
import { calendarText, skipText } from './calendar.ts';
import { calendarsOf, EVERY_MINUTE, isWhenDue } from './due-plan.ts';

/** When a schedule fires. */
export interface ScheduleTimes {
  /** As `cronText` writes them, sorted. */
  readonly cron: readonly string[];
  /** Counted from 1970-01-01T00:00Z, whatever the zone. */
  readonly every: readonly Interval[];
  /** Local dates on which it does not fire: `2026-12-25`, or `12-25` of every year; sorted. */
  readonly skip: readonly string[];
  /** IANA name. */
  readonly timezone: string;
  readonly start: Date | undefined;
  readonly end: Date | undefined;
}

/**
 * What is declared of a schedule, in a form that can be compared, and named as its options are. Not in it: whether it is
 * paused, its note and how many runs remain, which people and time change.
 */
export interface ScheduleSettings extends ScheduleTimes {
  /** Fires when own recurrences are due: its times are planned, and no setting. */
  readonly whenDue: boolean;
  /** Milliseconds. */
  readonly jitter: number;
  readonly overlap: ScheduleOverlapPolicy;
  /** Milliseconds; the server takes 10 seconds at least. */
  readonly catchupWindow: number;
  readonly pauseOnFailure: boolean;
  /** The spread window after each fire, in milliseconds; whole seconds. */
  readonly window: number;
  /** JSON of other input to its runs, which only a hand-made schedule has; `{}` for a declared one. */
  readonly input: string;
}

/** Milliseconds. */
export interface Interval {
  readonly every: number;
  readonly offset: number;
}

/** A schedule's settings by default. */
export const DEFAULTS: ScheduleSettings = {
  whenDue: false,
  cron: [],
  every: [],
  skip: [],
  timezone: 'UTC',
  start: undefined,
  end: undefined,
  jitter: 0,
  // Each fire is an occurrence of its own, and the ledger keeps two runs from delivering one: skipping a fire because the
  // previous run is still running would lose it.
  overlap: ScheduleOverlapPolicy.ALLOW_ALL,
  // Long enough for a restart, too short for yesterday's report to go out today; the server's own default is a year.
  catchupWindow: 3_600_000,
  pauseOnFailure: false,
  window: 0,
  input: '{}',
};

const SETTINGS = Object.keys(DEFAULTS) as (keyof ScheduleSettings)[];

/** The settings that the server has. */
export function settingsOf({ spec, policies, action }: ScheduleDescription): ScheduleSettings {
  const { spreadWindowS = 0, ...input } = (action.args?.[0] ?? {}) as DispatchInput;
  const whenDue = isWhenDue(spec);
  return {
    ...timesOf(spec),
    ...(whenDue && { cron: [] }),
    whenDue,
    jitter: spec.jitter ?? 0,
    overlap: policies.overlap,
    catchupWindow: policies.catchupWindow,
    pauseOnFailure: policies.pauseOnFailure,
    window: spreadWindowS * 1_000,
    input: JSON.stringify(input),
  };
}

export function timesOf(spec: ScheduleSpecDescription = {}): ScheduleTimes {
  return {
    cron: (spec.calendars ?? []).map(calendarText).toSorted(),
    every: (spec.intervals ?? []).map(({ every, offset }) => ({ every, offset })),
    skip: (spec.skip ?? []).map(skipText).toSorted(),
    timezone: spec.timezone || DEFAULTS.timezone,
    start: spec.startAt,
    end: spec.endAt,
  };
}

/** As the SDK takes it. */
export function specOf({ whenDue, cron, every, skip, timezone, start, end, jitter }: ScheduleSettings): ScheduleSpec {
  return {
    cronExpressions: [...cron],
    // Its first fire plans the others.
    ...(whenDue && { calendars: calendarsOf(EVERY_MINUTE) }),
    intervals: [...every],
    skip: skip.map(dayOf),
    timezone,
    jitter,
    ...(start && { startAt: start }),
    ...(end && { endAt: end }),
  };
}

function dayOf(date: string): CalendarSpec {
  const [day, month, year] = date.split('-').map(Number).toReversed();
  return { year: year ?? '*', month: MONTHS[month! - 1]!, dayOfMonth: day!, hour: '*', minute: '*', second: '*' };
}

/** The arguments of `dispatch`. */
export function argsOf({ window, input }: Pick<ScheduleSettings, 'window' | 'input'>): [] | [DispatchInput] {
  if (window === 0 && input === DEFAULTS.input) return [];
  return [{ ...(JSON.parse(input) as DispatchInput), ...(window > 0 && { spreadWindowS: window / 1_000 }) }];
}

/** One setting that differs. */
export interface Difference {
  /** As its option is called: `catchup-window`. */
  setting: string;
  old: string;
  new: string;
}

/** The settings of `wanted` that differ from the current ones, as values and in words. */
export function differences(
  now: ScheduleSettings,
  wanted: Partial<ScheduleSettings>,
): { change: Partial<ScheduleSettings>; words: Difference[] } {
  const all = { ...now, ...wanted };
  const [before, after] = [settingTexts(now), settingTexts(all)];
  const other = SETTINGS.filter((key) => before[key] !== after[key]);
  return {
    change: Object.fromEntries(other.map((key) => [key, all[key]])),
    words: other.map((key) => ({ setting: optionName(key), old: before[key], new: after[key] })),
  };
}

/** Each setting in words; equal settings have equal words. */
export function settingTexts(settings: ScheduleSettings): Record<keyof ScheduleSettings, string> {
  const { whenDue, cron, every, skip, timezone, start, end, jitter, overlap, catchupWindow, pauseOnFailure } = settings;
  const { window, input } = settings;
  return {
    whenDue: whenDue ? 'yes' : 'no',
    cron: cron.join('; ') || 'none',
    every: every.map(intervalText).join('; ') || 'none',
    skip: skip.join(', ') || 'none',
    timezone,
    start: start === undefined ? 'none' : occurrenceOfInstant(start),
    end: end === undefined ? 'none' : occurrenceOfInstant(end),
    jitter: durationText(jitter),
    overlap: overlapName(overlap),
    catchupWindow: durationText(catchupWindow),
    pauseOnFailure: pauseOnFailure ? 'yes' : 'no',
    window: durationText(window),
    input: input === DEFAULTS.input ? 'none' : input,
  };
}

/** When it fires, in one line. */
export function timesText({ cron, every }: Pick<ScheduleTimes, 'cron' | 'every'>): string {
  return [...cron, ...every.map((interval) => `every ${intervalText(interval)}`)].join('; ') || 'never';
}

function intervalText({ every, offset }: Interval): string {
  return `${durationText(every)}${offset === 0 ? '' : ` + ${durationText(offset)}`}`;
}

/** `ALLOW_ALL` as `allow-all`. */
export function overlapName(overlap: ScheduleOverlapPolicy): string {
  return (overlap ?? 'SKIP').toLowerCase().replaceAll('_', '-');
}

/** `catchupWindow` as its option and its key in a file are called: `catchup-window`. */
export function optionName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
