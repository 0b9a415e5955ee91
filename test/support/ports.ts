import { freePort, isPortFree } from '../../src/lib/ports.ts';

/** A port whose neighbour, where the Web UI goes, is free too. */
export async function portWithWebUi(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + 1_000 < 65_536 && (await isPortFree(port + 1_000))) return port;
  }
}
