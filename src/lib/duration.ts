import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';

/** "10 minutes" in milliseconds, as Temporal reads durations; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  try {
    const ms = msToNumber(text as Duration);
    return Number.isFinite(ms) ? ms : undefined;
  } catch {
    return undefined;
  }
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** Milliseconds in the largest unit that holds them whole: "90 minutes", "2 days". `parseDuration` reads it again. */
export function durationText(ms: number): string {
  const [unit, size] = UNITS.find(([, unitMs]) => ms !== 0 && ms % unitMs === 0) ?? ['second', 1_000];
  return `${ms / size} ${unit}${ms === size ? '' : 's'}`;
}
