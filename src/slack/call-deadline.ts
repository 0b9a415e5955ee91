import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

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
  const requests = new WeakSet<object>();
  const onCreate = (message: unknown): void => {
    if (deadline.getStore() === late.signal) requests.add((message as Sending).request);
  };
  const onSend = (message: unknown): void => {
    const { request, socket } = message as Sending;
    if (!requests.has(request)) return;
    beforeFirstWrite(socket, () => {
      if (isLate()) late.abort(new TooLate('Its time was over'));
      return !late.signal.aborted;
    });
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

/** What undici publishes of a request; the socket when its headers are ready. It writes them with the first piece of the body. */
interface Sending {
  request: object;
  socket: Socket;
}

/** Asks before the next write to the socket whether it may be made; else the socket is destroyed, and nothing is written. */
function beforeFirstWrite(socket: Socket, mayWrite: () => boolean): void {
  socket.write = (...args: unknown[]): boolean => {
    // The socket's own method again.
    Reflect.deleteProperty(socket, 'write');
    if (mayWrite()) return socket.write(...(args as Parameters<Socket['write']>));
    socket.destroy();
    return false;
  };
}

/** The options of a request, which the deadline of the call under way ends too. */
export function withDeadline(init: RequestInit | undefined): RequestInit | undefined {
  const signal = deadline.getStore();
  if (signal === undefined) return init;
  return { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) };
}
