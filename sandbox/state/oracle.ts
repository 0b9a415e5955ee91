import type { Store } from './store.ts';
import { deliveryIdOf } from './types.ts';

/** What arrived, what was hidden and what came twice, by the delivery id in the metadata of each message. */
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
export class Oracle {
  readonly #store: Store;
  readonly #attempts = new Map<string, number[]>();
  #rateLimited = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  attempted(deliveryId: string, at: number): void {
    this.#attempts.set(deliveryId, [...(this.#attempts.get(deliveryId) ?? []), at]);
  }

  answered429(): void {
    this.#rateLimited += 1;
  }

  get rateLimited(): number {
    return this.#rateLimited;
  }

  clear(): void {
    this.#attempts.clear();
    this.#rateLimited = 0;
  }

  report(): OracleReport {
    const messages = this.#store.allMessages().map(({ metadata, workspace, channel, ts, at, hidden }) => ({
      deliveryId: deliveryIdOf(metadata),
      workspace,
      channel,
      ts,
      at,
      hidden,
    }));
    const ids = messages.flatMap(({ deliveryId }) => deliveryId ?? []);
    const byId = Map.groupBy(ids, (id) => id);
    const counts = new Map([...byId].map(([id, all]) => [id, all.length]));
    const byChannel = Map.groupBy(messages, ({ channel }) => channel);
    return {
      messages,
      counts: Object.fromEntries(counts),
      duplicates: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
      hidden: messages.filter(({ hidden }) => hidden).length,
      maxPerSecond: Object.fromEntries(
        [...byChannel].map(([channel, all]) => [channel, busiestSecond(all.map(({ at }) => at))]),
      ),
      rateLimited: this.#rateLimited,
      attempts: Object.fromEntries(this.#attempts),
    };
  }
}

/** The most of `times` (in rising order, milliseconds) that lie less than a second apart. */
function busiestSecond(times: number[]): number {
  let first = 0;
  let most = 0;
  for (const [last, time] of times.entries()) {
    while (time - (times[first] ?? time) >= 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
