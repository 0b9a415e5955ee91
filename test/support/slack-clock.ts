import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Slack that answers no token, and whose clock is this much behind that of this machine, in milliseconds. */
export async function slackBehind(ms: number) {
  const server = createServer((_, answer) => {
    answer.setHeader('date', new Date(Date.now() - ms).toUTCString());
    answer.setHeader('content-type', 'application/json').end('{"ok":false,"error":"invalid_auth"}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
