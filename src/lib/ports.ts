import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * A TCP port that nothing uses, on `ip` (default 127.0.0.1).
 *
 * Linux may hand the same port to the next caller once this one has let go of it. A connection that was closed from the
 * server's side stays in TIME_WAIT for a minute, and while it does the port is not handed out but can still be bound by
 * name; Temporal's CLI picks its own ports in the same way (temporalio/cli, devserver/freeport.go).
 */
export async function freePort(ip = '127.0.0.1'): Promise<number> {
  const server = createServer((socket) => socket.end());
  server.listen(0, ip);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`${ip} gave no TCP port`);
  const { port } = address;
  const client = connect({ port, host: ip });
  client.resume();
  await once(client, 'end');
  client.destroy();
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether a server could listen on the port now. */
export async function isPortFree(port: number, ip = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, ip, () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections on the port. Gives up after `timeoutMs`. */
export async function isListening(port: number, ip = '127.0.0.1', timeoutMs = 500): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: ip });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
