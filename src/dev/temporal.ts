import { CODEC_SERVER_PORT, codecIsOn } from '../codec/keys.ts';
import type { Config } from '../config.ts';
import { progressOn } from './progress-line.ts';
import { findTemporalCli } from './temporal-cli.ts';
import { serverAnswers, startTemporalServer } from './temporal-server.ts';
import { connectClient } from '../temporal/connect.ts';
import { LOCAL, UI_PORT_OFFSET } from './web-ui.ts';

/** Starts a dev server with its Web UI; undefined where a server answers at the configured address already. */
export async function startTemporal(config: Config, { folder, env }: { folder: string; env: NodeJS.ProcessEnv }) {
  const { temporal } = config;
  const { address } = temporal.connection;
  const { hostname, port } = new URL(`http://${address}`);
  if (!LOCAL.includes(hostname)) {
    // Not on this machine, so not ours to start; says so where it does not answer.
    await using _ = await connectClient(config);
    return undefined;
  }
  if (await serverAnswers(address)) return undefined;
  const cli = await findTemporalCli({ env, progress: progressOn(process.stdout) });
  return startTemporalServer({
    cliPath: cli.path,
    port: Number(port),
    uiPort: Number(port) + UI_PORT_OFFSET,
    dbFile: `${folder}/temporal.db`,
    logFile: `${folder}/temporal.log`,
    namespace: temporal.namespace,
    extraArgs: codecIsOn(config) ? ['--ui-codec-endpoint', `http://localhost:${CODEC_SERVER_PORT}`] : [],
  });
}
