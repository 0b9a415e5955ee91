import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../src/errors.ts';

/** Time between two looks or tries, in milliseconds. */
const LOOK_MS = 200;

/** Looks until `look` gives true or the time is up; tells which. Throws when `signal` aborts. */
export async function until(
  look: () => Promise<boolean> | boolean,
  { deadline, signal }: { deadline: number; signal: AbortSignal },
): Promise<boolean> {
  while (Date.now() < deadline) {
    if (await look()) return true;
    await sleep(LOOK_MS, undefined, { signal });
  }
  return false;
}

/** Asks again until it works: the server that is asked is stopped and killed meanwhile. */
export async function persist<Result>(
  what: string,
  ask: () => Promise<Result>,
  { signal, forMs = 60_000 }: { signal: AbortSignal; forMs?: number },
): Promise<Result> {
  for (const deadline = Date.now() + forMs; ;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
}
