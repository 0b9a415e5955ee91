import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** What asks about the requests of the work under way. */
const asking = new AsyncLocalStorage<object>();

/**
 * Asks about each request that `work` makes with `fetch`, in the call that writes its first byte: a process may be frozen anywhere
 * before, and only the socket knows the address that a name led to. If `maySend` says no, the socket is destroyed, nothing is written,
 * and `fetch` throws.
 * @example await askedBeforeSending((socket) => socket.remoteAddress !== '10.0.0.1', () => fetch(url));
 */
export async function askedBeforeSending<Result>(
  maySend: (socket: Socket) => boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  const requests = new WeakSet<object>();
  const onCreate = (message: unknown): void => {
    if (asking.getStore() === requests) requests.add((message as Sending).request);
  };
  const onSend = (message: unknown): void => {
    const { request, socket } = message as Sending;
    if (requests.has(request)) beforeFirstWrite(socket, () => maySend(socket));
  };
  // Node's own `fetch` publishes these: nodejs.org/api/diagnostics_channel.html and undici's docs/api/DiagnosticsChannel.md.
  subscribe('undici:request:create', onCreate);
  subscribe('undici:client:sendHeaders', onSend);
  try {
    return await asking.run(requests, work);
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
