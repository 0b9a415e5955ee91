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
