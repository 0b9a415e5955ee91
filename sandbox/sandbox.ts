import { Uploads } from './api/uploads.ts';
import { Faults } from './faults.ts';
import { Buckets, defaultLimits, mergeLimits, type Limits, type LimitsPatch } from './limits.ts';
import { Oracle } from './oracle.ts';
import { Meter } from './state/meter.ts';
import { Store } from './state/store.ts';

export interface SandboxParts {
  /** JSON lines; without it the state lives in memory. */
  dataFile?: string | undefined;
  limits?: LimitsPatch | undefined;
  /** Epoch milliseconds; a test may bring its own clock. */
  now?: (() => number) | undefined;
}

/** One imitation of Slack, without its HTTP server. */
export class Sandbox {
  readonly store: Store;
  readonly faults = new Faults();
  readonly buckets = new Buckets();
  readonly oracle: Oracle;
  readonly meter = new Meter();
  readonly uploads = new Uploads();
  readonly now: () => number;
  /** Aborted when the server closes, so that no delayed call wakes up without a store. */
  readonly closing = new AbortController();
  limits: Limits;
  readonly #startLimits: LimitsPatch;

  constructor({ dataFile, limits = {}, now = Date.now }: SandboxParts) {
    this.store = new Store(dataFile);
    this.oracle = new Oracle(this.store);
    this.now = now;
    this.#startLimits = limits;
    this.limits = mergeLimits(defaultLimits(), limits);
  }

  /** Back to the seed, without messages or faults and with the limits of the start. */
  reset(): void {
    this.store.reset();
    this.faults.clear();
    this.buckets.clear();
    this.oracle.clear();
    this.meter.clear();
    this.uploads.clear();
    this.limits = mergeLimits(defaultLimits(), this.#startLimits);
  }
}
