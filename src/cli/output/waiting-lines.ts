import { setTimeout as sleep } from 'node:timers/promises';
import { adviceFor } from '../../domain/advice.ts';
import type { Store } from '../../store/open.ts';

/** Time between two looks at the ledger, in milliseconds. Most runs that a person follows have ended before the first. */
const LOOK_MS = 3_000;
/** Deliveries that get a line of their own. */
const LINES_MAX = 3;
/** A delivery that is tried again for one of these is not in Slack, and shows nothing else for minutes. */
const WAITS_FOR = ['unknown_report', 'load_failed'] as const;

interface Watch {
  /** Prints one line. */
  say: (line: string) => void;
  /** Ends the watch. */
  signal: AbortSignal;
  lookMs?: number;
}

/**
 * Says once of a run's deliveries what they wait for, while they are tried again because the worker cannot make their report:
 * `acme-orders waits: acme-orders asks for the unknown report "orders". Restart the worker …`. Returns when the signal aborts, or when
 * it has nothing more to say.
 */
export async function sayWhatWaits(
  openStore: () => Promise<Store>,
  dispatchId: string,
  { say, signal, lookMs = LOOK_MS }: Watch,
): Promise<void> {
  const said = new Set<string>();
  while (said.size < LINES_MAX) {
    // Rejects only when the signal aborts.
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const { deliveries } = await openStore();
    for (const errorCode of WAITS_FOR) {
      const filter = { dispatchId, states: ['pending'] as const, errorCode };
      for (const { id, notificationId, error } of await deliveries.list(filter, LINES_MAX)) {
        if (error === undefined || said.has(id) || said.size >= LINES_MAX || signal.aborted) continue;
        said.add(id);
        say(`${notificationId} waits: ${error.message}. To do: ${adviceFor(errorCode)}`);
      }
    }
  }
}
