import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { watchReadiness } from '../../chaos/readiness.ts';
import { until } from '../support/until.ts';

/** A watch on one worker that always gives the same answer. */
async function watched(status: 200 | 503, options: Parameters<typeof watchReadiness>[0] = {}) {
  const watch = watchReadiness(options);
  const slot = await watch.slot();
  const server = createServer((_, response) => void response.writeHead(status).end());
  server.listen(Number(slot.address.split(':')[1]), '127.0.0.1');
  await once(server, 'listening');
  return {
    watch,
    slot,
    askedTimes: (count: number) =>
      until(
        `${count} more questions`,
        (
          (first) => () =>
            watch.figures.asked >= first + count
        )(watch.figures.asked),
      ),
    async [Symbol.asyncDispose](): Promise<void> {
      await watch[Symbol.asyncDispose]();
      server.close();
      server.closeAllConnections();
    },
  };
}

const NEVER = new Promise<never>(() => undefined);

test('a worker that says ready when it has all that it needs tells no lie', async () => {
  await using one = await watched(200);
  await one.askedTimes(3);
  expect(one.watch.lies).toEqual([]);
  expect(one.watch.figures.ready).toBeGreaterThan(0);
});

test('one that says ready after it was asked to end, or was killed, does', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await using one = await watched(200, { hearsWithinMs: 0 });
    one.slot.ends(signal, NEVER);
    await one.askedTimes(3);
    expect(one.watch.lies[0]).toMatch(new RegExp(`^worker 1 said ready \\d+ ms after: ${signal}`));
  }
});

test('one that says ready while the server is away does, and not while it comes or goes', async () => {
  await using one = await watched(200);
  const comesAndGoes = async () => one.askedTimes(3).then(() => undefined);
  await one.watch.without('the server', { end: comesAndGoes, awayMs: 0, begin: comesAndGoes });
  expect(one.watch.lies).toEqual([]);
  await one.watch.without('the server', { end: async () => undefined, awayMs: 500, begin: async () => undefined });
  expect(one.watch.lies[0]).toContain('the server was gone');
});

test('one that does not become ready, though nothing is in its way, does', async () => {
  await using one = await watched(503, { readyWithinMs: 200 });
  await until('the lie', () => one.watch.lies.length > 0);
  expect(one.watch.lies[0]).toMatch(/was not ready for \d+ ms/);
});

test('one that cannot be ready, and does not say that it is, tells no lie', async () => {
  await using one = await watched(503, { readyWithinMs: 200 });
  await one.watch.without('the store', { end: async () => undefined, awayMs: 600, begin: async () => undefined });
  expect(one.watch.lies).toEqual([]);
});
