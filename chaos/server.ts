import { freePort } from '../src/lib/ports.ts';
import { startTemporalServer, type TemporalServerOptions } from '../src/dev/temporal-server.ts';
import type { ReadinessWatch } from './readiness.ts';

export interface Restart {
  how: 'stop' | 'kill';
  /** How long it is away, in milliseconds. */
  awayMs: number;
}

/** A real Temporal server that can be stopped or killed, and comes back on the same port with the same file. */
export async function startServer(where: { cliPath: string; folder: string; readiness: ReadinessWatch }) {
  const { cliPath, folder, readiness } = where;
  const options: TemporalServerOptions = {
    cliPath,
    port: await freePort(),
    headless: true,
    dbFile: `${folder}/temporal.db`,
    logFile: `${folder}/temporal.log`,
  };
  const state = { current: await startTemporalServer(options), restarts: 0 };
  const end = async (how: Restart['how']): Promise<void> => {
    // Its own process group, as `startChild` makes it.
    if (how === 'kill') process.kill(-state.current.pid, 'SIGKILL');
    await state.current.stop();
  };
  const begin = async (): Promise<void> => {
    state.current = await startTemporalServer(options);
    state.restarts += 1;
  };
  return {
    address: state.current.address,
    state,
    restart: ({ how, awayMs }: Restart) => readiness.without('the server', { end: () => end(how), awayMs, begin }),
    [Symbol.asyncDispose]: async () => state.current.stop(),
  };
}
