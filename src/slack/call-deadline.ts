import { AsyncLocalStorage } from 'node:async_hooks';
import { askedBeforeSending } from '../lib/before-sending.ts';

/** A request that was not sent, because its time was over. */
export class TooLate extends Error {
  override readonly name = 'TooLate';
}

/** The deadline of the call under way: aborted when a request was about to be sent after it. */
const deadline = new AsyncLocalStorage<AbortSignal>();

/**
 * Sends no request of `work` after `until`, in milliseconds since 1970; `fetch` then throws a TooLate. It looks at the clock in the
 * call that writes the first byte, since a process may be frozen anywhere before: while it connects, and between the headers that
 * are ready and the body that is read for them, too.
 * @example await sentBefore(claimedAt + 20_000, () => client.chat.postMessage(message));
 */
export async function sentBefore<Result>(until: number, work: () => Promise<Result>): Promise<Result> {
  if (until === Infinity) return work();
  // A clock that was set back meanwhile must not make more time.
  const monotonicUntil = performance.now() + (until - Date.now());
  const isLate = () => Date.now() > until || performance.now() > monotonicUntil;
  const late = new AbortController();
  const maySend = (): boolean => {
    if (isLate()) late.abort(new TooLate('Its time was over'));
    return !late.signal.aborted;
  };
  return askedBeforeSending(maySend, () => deadline.run(late.signal, work));
}

/** The options of a request, which the deadline of the call under way ends too. */
export function withDeadline(init: RequestInit | undefined): RequestInit | undefined {
  const signal = deadline.getStore();
  if (signal === undefined) return init;
  return { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) };
}
