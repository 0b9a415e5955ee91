import { type Child, failWhenEnded } from '../../src/dev/child-process.ts';
import { freePort } from '../../src/lib/ports.ts';
import { until } from './until.ts';

interface Health {
  ready: boolean;
  problems: { what: string; message: string }[];
}

/** Where a worker process is to answer for its health, and what it says. */
export async function healthProbe() {
  const address = `127.0.0.1:${await freePort()}`;
  async function ready(): Promise<Health & { status: number }> {
    const response = await fetch(`http://${address}/readyz`);
    return { status: response.status, ...((await response.json()) as Health) };
  }
  return {
    address,
    ready,
    live: async () => (await fetch(`http://${address}/livez`)).status,
    /** Fails at once when the worker ends. */
    untilReady: (worker: Child) =>
      until('the worker to be ready', async () => (await ready()).status === 200, 60_000, failWhenEnded(worker)),
    /** Waits until it is not ready because of `what`, and tells the message. */
    untilNot: (what: string) =>
      until(`a problem with ${what}`, async () => (await ready()).problems.find((problem) => problem.what === what)),
  };
}
