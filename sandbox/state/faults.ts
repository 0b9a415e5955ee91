/** What goes wrong. `delay` lets the call continue; every other action replaces or cuts its answer. */
export type FaultAction =
  | { type: 'delay'; ms: number }
  /** Close the connection without an answer. */
  | { type: 'drop' }
  /** Never answer; ends when the client gives up or the sandbox closes. */
  | { type: 'hang' }
  | { type: 'status'; status: 500 | 502 | 503 }
  /** Promise the whole body by content-length, send half of it, then close the connection. */
  | { type: 'truncate' }
  /** Status 200 with a page of HTML, as a proxy answers. */
  | { type: 'html' }
  /** Status 429; without `retryAfter` the header is missing, as in node-slack-sdk#1421. */
  | { type: 'rate_limit'; retryAfter?: number }
  /** Status 200 with `ok: false` and any Slack code; `errors` as in `invalid_blocks`. */
  | { type: 'error'; error: string; errors?: string[] };

/** A fault to add: which calls it changes, and how. */
export interface FaultSpec {
  /** Any method when absent. */
  method?: string;
  /** A channel id. */
  channel?: string;
  workspace?: string;
  /** Only the nth matching call, counted from 1. */
  nth?: number;
  /** Every nth matching call. */
  every?: number;
  /** 0 to 1, drawn from `seed` and the number of the call: the same calls fail in every run. */
  probability?: number;
  seed?: number;
  /** The number of times that it fires at most. */
  times?: number;
  /**
   * `before`: instead of the call, so that nothing is stored; every matching call counts.
   * `after`: once the call has succeeded; only successful calls count.
   */
  when: 'before' | 'after';
  action: FaultAction;
}

/** A fault that was added, with how often it matched and fired. */
export interface Fault extends FaultSpec {
  id: string;
  /** Matching calls so far. */
  calls: number;
  /** Calls that it changed. */
  fired: number;
}

export interface Call {
  method: string;
  workspace: string | undefined;
  channel: string | undefined;
}

/** The faults of one sandbox, in the order in which they were added. */
export class Faults {
  readonly #faults = new Map<string, Fault>();
  #added = 0;

  add(spec: FaultSpec): Fault {
    this.#added += 1;
    const fault: Fault = { ...spec, id: `f${this.#added}`, calls: 0, fired: 0 };
    this.#faults.set(fault.id, fault);
    return fault;
  }

  list(): Fault[] {
    return [...this.#faults.values()];
  }

  remove(id: string): boolean {
    return this.#faults.delete(id);
  }

  clear(): void {
    this.#faults.clear();
  }

  /** Counts the call for every fault that matches, and returns the action of the first that fires. */
  actionFor(call: Call, when: 'before' | 'after'): FaultAction | undefined {
    let action: FaultAction | undefined;
    for (const fault of this.#faults.values()) {
      if (fault.when !== when || !matches(fault, call)) continue;
      fault.calls += 1;
      if (action !== undefined || !fires(fault)) continue;
      fault.fired += 1;
      action = fault.action;
    }
    return action;
  }
}

function matches(fault: Fault, call: Call): boolean {
  return (['method', 'channel', 'workspace'] as const).every(
    (key) => fault[key] === undefined || fault[key] === call[key],
  );
}

function fires({ nth, every, probability, seed = 1, times, calls, fired }: Fault): boolean {
  if (times !== undefined && fired >= times) return false;
  if (nth !== undefined && calls !== nth) return false;
  if (every !== undefined && calls % every !== 0) return false;
  return probability === undefined || draw(seed, calls) < probability;
}

/** A number from 0 to 1 that depends on nothing but its arguments (the mixing step of mulberry32). */
function draw(seed: number, counter: number): number {
  let mixed = (seed + Math.imul(counter, 0x6d2b79f5)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
