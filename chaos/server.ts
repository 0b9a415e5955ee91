import { freePort } from '../src/local/ports.ts';
import { startTemporalServer, type TemporalServerOptions } from '../src/local/temporal-server.ts';

/** A real Temporal server that can be stopped or killed, and comes back on the same port with the same file. */
export async function startServer({ cliPath, folder }: { cliPath: string; folder: string }) {
  const options: TemporalServerOptions = {
    cliPath,
    port: await freePort(),
    headless: true,
    dbFile: `${folder}/temporal.db`,
    logFile: `${folder}/temporal.log`,
  };
  const state = { current: await startTemporalServer(options), restarts: 0 };
  return {
    address: state.current.address,
    state,
    async restart(how: 'stop_server' | 'kill_server'): Promise<void> {
      // Its own process group, as `startChild` makes it.
      if (how === 'kill_server') process.kill(-state.current.pid, 'SIGKILL');
      await state.current.stop();
      state.current = await startTemporalServer(options);
      state.restarts += 1;
    },
    [Symbol.asyncDispose]: async () => state.current.stop(),
  };
}
