import { messageOf } from '../src/lib/errors.ts';
import { until as poll, WaitedTooLong } from '../src/lib/until.ts';

/** Time between two looks or tries, in milliseconds. */
const LOOK_MS = 200;

/** Looks until `look` is true (returns true) or the time is up (returns false). Throws when `signal` aborts. */
export async function until(
  look: () => Promise<boolean> | boolean,
  { deadline, signal }: { deadline: number; signal: AbortSignal },
): Promise<boolean> {
  try {
    return await poll(look, { what: 'a moment', deadlineMs: deadline - Date.now(), everyMs: LOOK_MS, signal });
  } catch (error) {
    if (error instanceof WaitedTooLong) return false;
    throw error;
  }
}

/** Asks again until it works: meanwhile the server is stopped and killed. */
export async function persist<Result>(
  what: string,
  ask: () => Promise<Result>,
  { signal, forMs = 60_000 }: { signal: AbortSignal; forMs?: number },
): Promise<Result> {
  let problem: unknown;
  const attempt = async () => {
    try {
      return { result: await ask() };
    } catch (error) {
      problem = error;
      return undefined;
    }
  };
  try {
    return (await poll(attempt, { what, deadlineMs: forMs, everyMs: LOOK_MS, signal })).result;
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error;
    throw new Error(`${what}: ${messageOf(problem)}`, { cause: error });
  }
}
