/** What goes wrong. `delay` lets the call continue; every other action replaces or cuts its answer. */
export type FaultAction =
  | {
      type: 'delay';
      ms: number;
    }
  /** Close the connection without an answer. */
  | {
      type: 'drop';
    }
  /** Never answer; ends when the client gives up or the sandbox closes. */
  | {
      type: 'hang';
    }
  | {
      type: 'status';
      status: 500 | 502 | 503;
    }
  /** Promise the whole body by content-length, send half of it, then close the connection. */
  | {
      type: 'truncate';
    }
  /** Status 200 with a page of HTML, as a proxy answers. */
  | {
      type: 'html';
    }
  /** Status 429; without `retryAfter` the header is missing, as in node-slack-sdk#1421. */
  | {
      type: 'rate_limit';
      retryAfter?: number;
    }
  /** Status 200 with `ok: false` and any Slack code; `errors` as in `invalid_blocks`. */
  | {
      type: 'error';
      error: string;
      errors?: string[];
    };
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
export declare class Faults {
  #private;
  add(spec: FaultSpec): Fault;
  list(): Fault[];
  remove(id: string): boolean;
  clear(): void;
  /** Counts the call for every fault that matches, and returns the action of the first that fires. */
  actionFor(call: Call, when: 'before' | 'after'): FaultAction | undefined;
}
