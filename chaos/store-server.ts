import { UserError } from '../src/lib/errors.ts';
import { startPostgres } from '../test/support/postgres.ts';
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
  const state = { restarts: 0 };
  const begin = async (): Promise<void> => {
    await server.begin();
    state.restarts += 1;
  };
  return {
    url: server.url,
    state,
    restart: ({ how, awayMs }: Restart) =>
      readiness.without('the store', { end: () => server.end(how), awayMs, begin }),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
