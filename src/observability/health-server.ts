import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { ListenAddress } from '../lib/addresses.ts';
import { messageOf, UserError } from '../lib/errors.ts';

/** Why the process cannot do its work now. */
export interface Problem {
  what: 'process' | 'worker' | 'temporal' | 'store';
  /** For people; no secret and no address with a password. */
  message: string;
}

/**
 * Answers `GET /livez` with 200 as long as the process answers at all, and `GET /readyz` with 200, or with 503 and the
 * problems. Many questions at once are one look.
 * @throws UserError where the address cannot be listened on.
 */
export async function answerHealth(
  { host, port }: ListenAddress,
  look: () => Promise<Problem[]>,
): Promise<AsyncDisposable & { port: number }> {
  let looking: Promise<Problem[]> | undefined;
  const problems = () => (looking ??= look().finally(() => (looking = undefined)));
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, { error: 'GET only' });
    if (path === '/livez') return answer(response, 200, { live: true });
    if (path !== '/readyz') return answer(response, 404, { error: 'There is /livez and /readyz' });
    void problems().then((found) =>
      answer(response, found.length === 0 ? 200 : 503, { ready: found.length === 0, problems: found }),
    );
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw UserError.failure('cannot_listen', `Cannot serve health checks at ${host}:${port}: ${messageOf(error)}`, {
      hint: 'Set HEALTH_ADDRESS to a free port of this machine, such as 127.0.0.1:8088.',
      cause: error,
    });
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
