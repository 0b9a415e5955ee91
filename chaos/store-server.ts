import { UserError } from '../src/lib/errors.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { swallowingProxy } from '../test/support/swallowing-proxy.ts';
import type { ReadinessWatch } from './readiness.ts';
import type { Restart } from './server.ts';

/** A Postgres server of the run's own, which can be stopped or killed and comes back with its data. */
export async function startStoreServer(readiness: ReadinessWatch) {
  const server = await startPostgres();
  if (server === undefined) {
    throw UserError.failure('store_unavailable', 'There is no Postgres on this machine', {
      hint: 'Install one (Debian: `apt-get install postgresql`), or leave out `--store postgres`.',
    });
  }
  const proxy = await swallowingProxy(new URL(server.url));
  const state = { restarts: 0, swallows: 0 };
  const begin = async (): Promise<void> => {
    await server.begin();
    state.restarts += 1;
  };
  const goSilent = async (): Promise<void> => proxy.swallow(true);
  const answerAgain = async (): Promise<void> => {
    proxy.swallow(false);
    state.swallows += 1;
  };
  return {
    url: server.url,
    /** The same server, over a proxy. */
    workersUrl: proxy.url,
    state,
    /** The workers' connections stay open, and nothing passes. What they say of their readiness meanwhile counts for nothing. */
    swallow: (forMs: number) =>
      readiness.without('the store', { end: goSilent, awayMs: forMs, begin: answerAgain, sure: false }),
    restart: ({ how, awayMs }: Restart) =>
      readiness.without('the store', { end: () => server.end(how), awayMs, begin }),
    async [Symbol.asyncDispose](): Promise<void> {
      proxy[Symbol.dispose]();
      await server.stop();
    },
  };
}
