/** What became of a call of chat.postMessage. `broken`: a fault took the call before Slack's own answer. */
export declare const OUTCOMES: readonly ['shown', 'hidden', 'limited', 'refused', 'broken'];
export type Outcome = (typeof OUTCOMES)[number];
export type Counts = Record<Outcome, number>;
/** How far back the meter knows the count of each second. */
export declare const METER_SECONDS: number;
/** Counts posts by second and channel, since the sandbox started or was reset. Not kept over a restart. */
export declare class Meter {
  #private;
  note({ workspace, channel, outcome, at }: { workspace: string; channel: string; outcome: Outcome; at: number }): void;
  totals(workspace: string): Counts;
  /** `count` steps of `step` seconds that end with the second of `now`, oldest first. */
  series({ workspace, channel, now, step, count }: SeriesQuery): Counts[];
  /** The channels of the last `seconds`, with their sum and the most posts that a second took; the busiest first. */
  channels(
    workspace: string,
    now: number,
    seconds: number,
  ): {
    channel: string;
    counts: Counts;
    peak: number;
  }[];
  clear(): void;
}
export interface SeriesQuery {
  workspace: string;
  /** All channels of the workspace when absent. */
  channel?: string | undefined;
  /** Epoch milliseconds. */
  now: number;
  /** Seconds. */
  step: number;
  count: number;
}
export declare function sumOf(counts: Counts): number;
