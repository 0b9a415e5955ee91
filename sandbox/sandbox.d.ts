import { Faults } from './state/faults.ts';
import { Buckets, type Limits, type LimitsPatch } from './state/limits.ts';
import { Meter } from './state/meter.ts';
import { Oracle } from './state/oracle.ts';
import { Store } from './state/store.ts';
import { Uploads } from './state/uploads.ts';
export interface SandboxParts {
  /** JSON lines; without it the state lives in memory. */
  dataFile?: string | undefined;
  limits?: LimitsPatch | undefined;
  /** Epoch milliseconds; a test may bring its own clock. */
  now?: (() => number) | undefined;
}
/** One simulated Slack, without its HTTP server. */
export declare class Sandbox {
  #private;
  readonly store: Store;
  readonly faults: Faults;
  readonly buckets: Buckets;
  readonly oracle: Oracle;
  readonly meter: Meter;
  readonly uploads: Uploads;
  readonly now: () => number;
  /** Aborted when the server closes, so that no delayed call continues without a store. */
  readonly closing: AbortController;
  limits: Limits;
  constructor({ dataFile, limits, now }: SandboxParts);
  /** Returns to the seed: no messages, no faults, and the limits of the start. */
  reset(): void;
}
