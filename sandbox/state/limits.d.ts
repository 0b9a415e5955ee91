/** A token bucket: `burst` calls at once, then `perMinute` of them a minute. */
export interface Rate {
  perMinute: number;
  burst: number;
}
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
  /** How long Slack processes an uploaded file; until then no message can show it. */
  fileProcessingMs: number;
  /** Types of blocks that no workspace knows: `data_visualization`, where Slack has not rolled it out. */
  unknownBlocks: string[];
}
export type LimitsPatch = Partial<Limits>;
/**
 * Slack publishes "one message per second per channel", "several hundred messages per minute" for a workspace, and the
 * tiers; it does not publish its bursts (https://docs.slack.dev/apis/web-api/rate-limits). The numbers per method are
 * those by which Slack's own Java SDK paces itself (`MethodsRateLimitTier`).
 */
export declare function defaultLimits(): Limits;
export declare function mergeLimits(limits: Limits, patch: LimitsPatch): Limits;
/** The buckets of one sandbox. */
export declare class Buckets {
  #private;
  /**
   * Takes one token from each of the buckets, or none from any. Returns 0, or the whole seconds until the slowest
   * bucket has one again (at least 1, as in Slack's `Retry-After`).
   */
  take(
    wanted: {
      key: string;
      rate: Rate;
    }[],
    now: number,
  ): number;
  clear(): void;
}
