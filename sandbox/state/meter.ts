/** The outcome of a call of chat.postMessage. `broken`: a fault took the call before Slack's own answer. */
export const OUTCOMES = ['shown', 'hidden', 'limited', 'refused', 'broken'] as const;
export type Outcome = (typeof OUTCOMES)[number];
export type Counts = Record<Outcome, number>;

/** How far back the meter knows the count of each second. */
export const METER_SECONDS = 15 * 60;

/** Counts posts by second and channel, since the sandbox started or was reset. Not kept over a restart. */
export class Meter {
  /** By workspace, then by second, then by channel. */
  readonly #seconds = new Map<string, Map<number, Map<string, Counts>>>();
  readonly #totals = new Map<string, Counts>();

  note({
    workspace,
    channel,
    outcome,
    at,
  }: {
    workspace: string;
    channel: string;
    outcome: Outcome;
    at: number;
  }): void {
    const second = Math.floor(at / 1_000);
    const seconds = entry(this.#seconds, workspace, () => new Map<number, Map<string, Counts>>());
    for (const old of seconds.keys()) {
      if (old > second - METER_SECONDS) break;
      seconds.delete(old);
    }
    const channels = entry(seconds, second, () => new Map<string, Counts>());
    entry(channels, channel, none)[outcome] += 1;
    entry(this.#totals, workspace, none)[outcome] += 1;
  }

  totals(workspace: string): Counts {
    return this.#totals.get(workspace) ?? none();
  }

  /** `count` steps of `step` seconds that end with the second of `now`, oldest first. */
  series({ workspace, channel, now, step, count }: SeriesQuery): Counts[] {
    const steps = Array.from({ length: count }, none);
    const first = Math.floor(now / 1_000) - step * count + 1;
    for (const [second, channels] of this.#seconds.get(workspace) ?? []) {
      const place = steps[Math.floor((second - first) / step)];
      if (place === undefined) continue;
      for (const [id, counts] of channels) if (channel === undefined || id === channel) addTo(place, counts);
    }
    return steps;
  }

  /** The channels of the last `seconds`, with their sum and the most posts that a second took; the busiest first. */
  channels(workspace: string, now: number, seconds: number): { channel: string; counts: Counts; peak: number }[] {
    const first = Math.floor(now / 1_000) - seconds + 1;
    const found = new Map<string, { counts: Counts; peak: number }>();
    for (const [second, channels] of this.#seconds.get(workspace) ?? []) {
      if (second < first) continue;
      for (const [id, counts] of channels) {
        const one = entry(found, id, () => ({ counts: none(), peak: 0 }));
        addTo(one.counts, counts);
        one.peak = Math.max(one.peak, counts.shown + counts.hidden);
      }
    }
    return [...found]
      .map(([channel, one]) => ({ channel, ...one }))
      .toSorted((a, b) => sumOf(b.counts) - sumOf(a.counts) || a.channel.localeCompare(b.channel));
  }

  clear(): void {
    this.#seconds.clear();
    this.#totals.clear();
  }
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

export function sumOf(counts: Counts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

function none(): Counts {
  return { shown: 0, hidden: 0, limited: 0, refused: 0, broken: 0 };
}

function addTo(sum: Counts, counts: Counts): void {
  for (const outcome of OUTCOMES) sum[outcome] += counts[outcome];
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
