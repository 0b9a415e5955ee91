import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../src/lib/ports.ts';

/** Time between two questions to a worker, and how long an answer may take, in milliseconds. */
const ASK_EACH_MS = 100;
const ANSWER_MS = 5_000;
/** How soon a worker must know that it was asked to end, on a busy machine, in milliseconds. */
const HEARS_WITHIN_MS = 1_000;
/** How soon a worker must be ready again when all that it needs is there, its own start included, in milliseconds. */
const READY_WITHIN_MS = 90_000;

/** Why a worker cannot be ready. `sure`: not on its way down or up, which is when either answer is true. */
interface Reason {
  what: string;
  since: number;
  sure: boolean;
}

interface Slot {
  name: string;
  address: string;
  /** Of this worker alone. */
  own: Set<Reason>;
  /** Since when it has had all that it needs without having said that it is ready. */
  dueSince: number | undefined;
}

export type ReadinessWatch = ReturnType<typeof watchReadiness>;
export type WatchedSlot = Awaited<ReturnType<ReadinessWatch['slot']>>;

/**
 * Asks each worker all the time whether it is ready. An answer is a lie where the worker was ready though it was asked to
 * end, or though the server or the store was away, from before the question until after the answer; and where it is not
 * ready for long although it has all that it needs.
 */
export function watchReadiness({ readyWithinMs = READY_WITHIN_MS, hearsWithinMs = HEARS_WITHIN_MS } = {}) {
  const shared = new Set<Reason>();
  const slots: Slot[] = [];
  const figures = { asked: 0, ready: 0, slowestMs: 0 };
  const lies: string[] = [];
  const ending = new AbortController();
  const asking: Promise<void>[] = [];

  const reasonsOf = ({ own }: Slot): Reason[] => [...shared, ...own];
  const lift = (from: Set<Reason>, reason: Reason, affected: readonly Slot[]): void => {
    from.delete(reason);
    for (const slot of affected) if (reasonsOf(slot).length === 0) slot.dueSince = Date.now();
  };

  const ask = async (slot: Slot): Promise<void> => {
    const asked = Date.now();
    const held = reasonsOf(slot).filter(({ since, sure }) => sure && since <= asked);
    const ready = await isReady(slot.address);
    figures.asked += 1;
    if (ready) figures.ready += 1;
    const still = reasonsOf(slot).find((reason) => reason.sure && held.includes(reason));
    if (ready && still) lies.push(`${slot.name} said ready ${asked - still.since} ms after: ${still.what}`);
    // Something may have happened while it was asked.
    if (reasonsOf(slot).length > 0) return;
    if (!ready) slot.dueSince ??= asked;
    const waited = slot.dueSince === undefined ? 0 : Date.now() - slot.dueSince;
    figures.slowestMs = Math.max(figures.slowestMs, waited);
    if (waited > readyWithinMs) lies.push(`${slot.name} was not ready for ${waited} ms, with all that it needs`);
    if (ready || waited > readyWithinMs) slot.dueSince = undefined;
  };

  const askOn = async (slot: Slot): Promise<void> => {
    while (!ending.signal.aborted) {
      await ask(slot);
      await sleep(ASK_EACH_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };

  return {
    figures,
    lies,

    /** A place for one worker after another, all with the same address. */
    async slot() {
      const slot: Slot = {
        name: `worker ${slots.length + 1}`,
        address: `127.0.0.1:${await freePort()}`,
        own: new Set(),
        dueSince: Date.now(),
      };
      slots.push(slot);
      asking.push(askOn(slot));
      return {
        address: slot.address,
        /** Until the promise tells that it goes on, either answer is true: a frozen process gives none. */
        freezes(frozen: Promise<unknown>): void {
          const reason = { what: 'SIGSTOP', since: Date.now(), sure: false };
          slot.own.add(reason);
          slot.dueSince = undefined;
          void frozen.then(() => lift(slot.own, reason, [slot]));
        },
        /** From now on it is not ready, until the promise tells that it has ended. */
        ends(signal: 'SIGKILL' | 'SIGTERM', exited: Promise<unknown>): void {
          const since = Date.now() + (signal === 'SIGTERM' ? hearsWithinMs : 0);
          const reason = { what: signal, since, sure: true };
          slot.own.add(reason);
          slot.dueSince = undefined;
          void exited.then(() => lift(slot.own, reason, [slot]));
        },
      };
    },

    /** Takes away what all workers need, for so long, and brings it back. Unless it is `sure`, either answer is true meanwhile. */
    async without(
      what: string,
      how: { end: () => Promise<void>; awayMs: number; begin: () => Promise<void>; sure?: boolean },
    ) {
      const reason = { what: `${what} was gone`, since: 0, sure: false };
      shared.add(reason);
      for (const slot of slots) slot.dueSince = undefined;
      await how.end();
      Object.assign(reason, { since: Date.now(), sure: how.sure ?? true });
      await sleep(how.awayMs);
      reason.sure = false;
      await how.begin();
      lift(shared, reason, slots);
    },

    /** Ends the questions; those that are under way are waited for. */
    async [Symbol.asyncDispose](): Promise<void> {
      ending.abort();
      await Promise.all(asking);
    },
  };
}

async function isReady(address: string): Promise<boolean> {
  try {
    const response = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false; // no process listens
  }
}
