import type { Config } from '../config.ts';
import { UserError } from '../errors.ts';
import { findTemporalCli } from '../local/temporal-cli.ts';
import { serverAnswers, startTemporalServer } from '../local/temporal-server.ts';

/** The Web UI of `temporal server start-dev` is so many ports above the server. */
const UI_PORT_OFFSET = 1_000;

/** Starts a dev server with its Web UI; undefined where a server answers at the configured address already. */
export async function startTemporal(
  { temporal }: Config,
  { folder, env, say }: { folder: string; env: NodeJS.ProcessEnv; say: (line: string) => void },
) {
  const { address } = temporal.connection;
  if (await serverAnswers(address)) return undefined;
  const { hostname, port } = new URL(`http://${address}`);
  if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
    throw new UserError('no_temporal_server', `No Temporal server answers at ${address}`, {
      hint: 'It is not on this machine, so it is not started from here. Check TEMPORAL_ADDRESS.',
      exitCode: 1,
    });
  }
  const cli = await findTemporalCli({ env, onProgress: say });
  return startTemporalServer({
    cliPath: cli.path,
    port: Number(port),
    uiPort: Number(port) + UI_PORT_OFFSET,
    dbFile: `${folder}/temporal.db`,
    logFile: `${folder}/temporal.log`,
    namespace: temporal.namespace,
  });
}

/** Where people look at runs: as configured, or where a dev server has it. */
export function webUiOf({ webUiUrl, temporal }: Config): string | undefined {
  if (webUiUrl !== undefined) return webUiUrl;
  const { hostname, port } = new URL(`http://${temporal.connection.address}`);
  const local = hostname === 'localhost' || hostname === '127.0.0.1';
  return local ? `http://localhost:${Number(port) + UI_PORT_OFFSET}` : undefined;
}
