import type { Store } from './store.ts';
export interface OracleReport {
  /** Every accepted message, hidden ones included, by channel and then by ts. */
  messages: {
    deliveryId: string | null;
    workspace: string;
    channel: string;
    ts: string;
    /** Epoch milliseconds. */
    at: number;
    hidden: boolean;
  }[];
  /** Accepted messages for each delivery id. */
  counts: Record<string, number>;
  /** Delivery ids with more than one message. */
  duplicates: string[];
  hidden: number;
  /** The most messages that any second of a channel's life saw. */
  maxPerSecond: Record<string, number>;
  rateLimited: number;
  /** For each delivery id, when chat.postMessage was called with it (epoch milliseconds), whatever the answer. */
  attempts: Record<string, number[]>;
}
/** Watches every call since the sandbox started or was reset; what it counted is not kept over a restart. */
export declare class Oracle {
  #private;
  constructor(store: Store);
  attempted(deliveryId: string, at: number): void;
  answered429(): void;
  get rateLimited(): number;
  clear(): void;
  report(): OracleReport;
}
