/** A token bucket: `burst` calls at once, then `perMinute` of them a minute. */
export interface Rate {
  perMinute: number;
  burst: number;
}

/** The rates of the local Slack, and how it behaves above them. */
export interface Limits {
  /** chat.postMessage, each channel. */
  channel: Rate;
  /** chat.postMessage, each workspace. */
  workspace: Rate;
  /** Every other method, each workspace. A method without an entry has no limit. */
  methods: Record<string, Rate>;
  /** Above the channel's rate answer `ok: true` and hide the message, instead of a 429. */
  silentHide: boolean;
  /** How long a stored message stays invisible to conversations.history. */
  historyLagMs: number;
  /**
   * Messages that conversations.history and conversations.replies give in one answer at most. Slack gives 15 to apps that are
   * distributed outside its Marketplace, once a minute. https://docs.slack.dev/reference/methods/conversations.history
   */
  historyPageMax: number;
  /** How long Slack processes an uploaded file; until then no message can show it. */
  fileProcessingMs: number;
  /** Types of blocks that no workspace knows: `data_visualization`, where Slack has not rolled it out. */
  unknownBlocks: string[];
}

/** The limits that differ from Slack's own. */
export type LimitsPatch = Partial<Limits>;

/**
 * Slack publishes "one message per second per channel", "several hundred messages per minute" for a workspace, and the
 * tiers; it does not publish its bursts (https://docs.slack.dev/apis/web-api/rate-limits). The numbers per method are
 * those by which Slack's own Java SDK paces itself (`MethodsRateLimitTier`).
 */
export function defaultLimits(): Limits {
  return {
    channel: { perMinute: 60, burst: 5 },
    workspace: { perMinute: 300, burst: 100 },
    methods: {
      'auth.test': { perMinute: 600, burst: 600 },
      // Docs: "special", without a number.
      'blocks.validate': { perMinute: 50, burst: 50 },
      'chat.getPermalink': { perMinute: 600, burst: 600 },
      'conversations.list': { perMinute: 20, burst: 20 },
      'conversations.info': { perMinute: 50, burst: 50 },
      'conversations.join': { perMinute: 50, burst: 50 },
      'conversations.open': { perMinute: 50, burst: 50 },
      'conversations.history': { perMinute: 50, burst: 50 },
      'conversations.replies': { perMinute: 50, burst: 50 },
      'files.getUploadURLExternal': { perMinute: 100, burst: 100 },
      'files.completeUploadExternal': { perMinute: 100, burst: 100 },
      'files.info': { perMinute: 100, burst: 100 },
    },
    silentHide: false,
    historyLagMs: 0,
    historyPageMax: 999,
    fileProcessingMs: 0,
    unknownBlocks: [],
  };
}

export function mergeLimits(limits: Limits, patch: LimitsPatch): Limits {
  return { ...limits, ...patch, methods: { ...limits.methods, ...patch.methods } };
}

const MINUTE_MS = 60_000;

/** The buckets of one sandbox. */
export class Buckets {
  readonly #levels = new Map<string, { tokens: number; at: number }>();

  /**
   * Takes one token from each of the buckets, or none from any. Returns 0, or the whole seconds until the slowest
   * bucket has one again (at least 1, as in Slack's `Retry-After`).
   */
  take(wanted: { key: string; rate: Rate }[], now: number): number {
    const levels = wanted.map(({ key, rate }) => ({ key, rate, tokens: this.#level(key, rate, now) }));
    const waits = levels.map(({ tokens, rate }) => ((1 - tokens) * MINUTE_MS) / rate.perMinute);
    // Refilling adds fractions; a bucket that lacks a millionth of a token is full.
    const wait = Math.max(0, ...levels.map(({ tokens }, index) => (tokens >= 1 - 1e-6 ? 0 : (waits[index] ?? 0))));
    if (wait > 0) return Math.max(1, Math.ceil(wait / 1_000));
    for (const { key, tokens } of levels) this.#levels.set(key, { tokens: tokens - 1, at: now });
    return 0;
  }

  clear(): void {
    this.#levels.clear();
  }

  #level(key: string, rate: Rate, now: number): number {
    const last = this.#levels.get(key);
    if (last === undefined) return rate.burst;
    return Math.min(rate.burst, last.tokens + ((now - last.at) * rate.perMinute) / MINUTE_MS);
  }
}
