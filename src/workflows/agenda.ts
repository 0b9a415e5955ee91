import { isCancellation, sleep } from '@temporalio/workflow';
import type { ClaimedDelivery } from '../contract/dispatch.ts';
import type { Waits } from '../contract/delivery.ts';
import type { WorkQueue } from './sliding-window.ts';

/**
 * Deliveries start up to this long before their slots, in milliseconds, and wait for the rest in their activity. So one timer,
 * which is an event and a billed Action, serves all that start within these seconds.
 */
const EARLY_MS = 6_000;
/** The first of them starts so long before its slot that its report is ready by then, in milliseconds. */
const LEAD_MS = 1_000;

export interface Agenda extends WorkQueue<ClaimedDelivery> {
  /** Takes back a delivery that found no slot. */
  putBack(delivery: ClaimedDelivery, waits: Waits): void;
}

/** The deliveries that have not started, in the order of their slots. Each is ready shortly before its slot. */
export function agendaOf(deliveries: readonly ClaimedDelivery[]): Agenda {
  let entries = deliveries.map((delivery) => ({ delivery, at: Date.parse(delivery.notBefore) }));
  let readyUntil = Date.now() + EARLY_MS;
  let wakesAt = Number.POSITIVE_INFINITY;
  wakeForNext();

  return {
    isEmpty: () => entries.length === 0,
    isReady,
    take() {
      const first = entries.shift();
      if (first === undefined) throw new Error('No delivery is left');
      wakeForNext();
      return first.delivery;
    },
    putBack(delivery, { until, line }) {
      const at = Date.parse(until);
      // The others of its line would find no slot either. They come after it, as far apart as before.
      const behind = entries.filter(
        ({ delivery: other }) =>
          other.workspaceId === delivery.workspaceId &&
          (line === 'workspace' || other.channelId === delivery.channelId),
      );
      const delay = at - (behind[0]?.at ?? at);
      if (delay > 0) for (const entry of behind) entry.at += delay;
      entries = [{ delivery, at }, ...entries].toSorted((a, b) => a.at - b.at);
      wakeForNext();
    },
  };

  function isReady(): boolean {
    const [first] = entries;
    return first !== undefined && first.at <= readyUntil;
  }

  function wakeForNext(): void {
    const [first] = entries;
    if (first === undefined || isReady()) return;
    const at = Math.max(Date.now() + 1, first.at - LEAD_MS);
    if (at < wakesAt) void wake(at, `Wait for the slot of ${new Date(first.at).toISOString()}`);
  }

  async function wake(at: number, summary: string): Promise<void> {
    wakesAt = at;
    try {
      await sleep(at - Date.now(), { summary });
    } catch (error) {
      // The run is cancelled and starts nothing more.
      if (isCancellation(error)) return;
      throw error;
    }
    if (wakesAt === at) wakesAt = Number.POSITIVE_INFINITY;
    readyUntil = Date.now() + EARLY_MS;
    wakeForNext();
  }
}
