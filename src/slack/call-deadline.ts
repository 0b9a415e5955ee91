import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A request that was not sent, because its time was over. */
export class TooLate extends Error {
  override readonly name = 'TooLate';
}

/** The deadline of the call under way: aborted when a request was about to be sent after it. */
const deadline = new AsyncLocalStorage<AbortSignal>();

/**
 * Sends no request of `work` after `until`, in milliseconds since 1970; `fetch` then throws a TooLate. It looks at the clock
 * when the first byte is about to be written, since a process may be frozen anywhere before, also while it connects.
 * @example await sentBefore(claimedAt + 20_000, () => client.chat.postMessage(message));
 */
export async function sentBefore<Result>(until: number, work: () => Promise<Result>): Promise<Result> {
  if (until === Infinity) return work();
  // A clock that was set back meanwhile must not make more time.
  const monotonicUntil = performance.now() + (until - Date.now());
  const late = new AbortController();
  const requests = new WeakSet<object>();
  const onCreate = (message: unknown): void => {
    if (deadline.getStore() === late.signal) requests.add(requestOf(message));
  };
  const onSend = (message: unknown): void => {
    if (!requests.has(requestOf(message))) return;
    if (Date.now() > until || performance.now() > monotonicUntil) late.abort(new TooLate('Its time was over'));
  };
  // Node's own `fetch` publishes these: nodejs.org/api/diagnostics_channel.html and undici's docs/api/DiagnosticsChannel.md.
  subscribe('undici:request:create', onCreate);
  subscribe('undici:client:sendHeaders', onSend);
  try {
    return await deadline.run(late.signal, work);
  } finally {
    unsubscribe('undici:request:create', onCreate);
    unsubscribe('undici:client:sendHeaders', onSend);
  }
}

/** The options of a request, which the deadline of the call under way ends too. */
export function withDeadline(init: RequestInit | undefined): RequestInit | undefined {
  const signal = deadline.getStore();
  if (signal === undefined) return init;
  return { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) };
}

function requestOf(message: unknown): object {
  return (message as { request: object }).request;
}
