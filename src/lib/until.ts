import { setTimeout as sleep } from 'node:timers/promises';

export interface Waiting {
  /** What is waited for, for the error. */
  what: string;
  /** After this number of milliseconds it throws `WaitedTooLong`. Without it there is no limit. */
  deadlineMs?: number;
  /** Time between two looks, in milliseconds. Default 50. */
  everyMs?: number;
  /** Ends the wait: it then throws the signal's reason. */
  signal?: AbortSignal;
  /** Rejects when waiting has become pointless, such as `failWhenEnded` of the process that is waited for. */
  unless?: Promise<never>;
}

export class WaitedTooLong extends Error {
  override name = 'WaitedTooLong';
}

/** Looks again and again until `look` returns something other than undefined and false, and returns that. */
export async function until<Value>(
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  { what, deadlineMs = Infinity, everyMs = 50, signal, unless }: Waiting,
): Promise<Value> {
  const over = new AbortController();
  const signals = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const waiting = poll(look, { what, deadlineMs, everyMs, signal: signals });
  try {
    return await (unless === undefined ? waiting : Promise.race([waiting, unless]));
  } finally {
    over.abort();
  }
}

async function poll<Value>(
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  { what, deadlineMs, everyMs, signal }: { what: string; deadlineMs: number; everyMs: number; signal: AbortSignal },
): Promise<Value> {
  for (const deadline = performance.now() + deadlineMs; ;) {
    signal.throwIfAborted();
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() >= deadline) throw new WaitedTooLong(`Waited ${deadlineMs} ms for ${what}`);
    // Rejects only when the signal aborts, which the next round reports with its reason.
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
