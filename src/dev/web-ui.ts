import type { Config } from '../config.ts';

/** `temporal server start-dev` serves its Web UI on the server's port plus this. */
export const UI_PORT_OFFSET = 1_000;

/** Hosts that can only be this machine, as an address of Temporal names them. */
export const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** Where people look at runs: as configured, or where a dev server has it. */
export function webUiOf({ webUiUrl, temporal }: Config): string | undefined {
  if (webUiUrl !== undefined) return webUiUrl;
  const { hostname, port } = new URL(`http://${temporal.connection.address}`);
  return LOCAL.includes(hostname) ? `http://localhost:${Number(port) + UI_PORT_OFFSET}` : undefined;
}
