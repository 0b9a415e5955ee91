import { Faults } from './state/faults.ts';
import { Buckets, defaultLimits, mergeLimits, type Limits, type LimitsPatch } from './state/limits.ts';
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

/**
 * One simulated Slack, without its HTTP server: its messages, faults, rates and oracle.
 * @example slack.sandbox.faults.add({ method: 'chat.postMessage', times: 1, when: 'after', action: { type: 'drop' } });
 */
export class Sandbox {
  readonly store: Store;
  readonly faults = new Faults();
  readonly buckets = new Buckets();
  readonly oracle: Oracle;
  readonly meter = new Meter();
  readonly uploads = new Uploads();
  readonly now: () => number;
  /** Aborted when the server closes, so that no delayed call continues without a store. */
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

  /** Returns to the seed: no messages, no faults, and the limits of the start. */
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
