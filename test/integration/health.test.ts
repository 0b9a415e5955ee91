import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startSandbox } from 'slack-sandbox';
import { freePort } from '../../src/lib/ports.ts';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';
import { startApp } from '../support/app.ts';
import { healthProbe } from '../support/health.ts';
import { startPostgres } from '../support/postgres.ts';
import { runProgram, startWorkerProcess } from '../support/program.ts';
import { rider, temporaryFolder, temporaryStore } from '../support/store.ts';
import { until } from '../support/until.ts';

// Side by side: they wait more than they compute.
test.concurrent(
  'a worker is not ready while its Temporal server is away, and ready when it is back',
  { timeout: 180_000 },
  async () => {
    await using folder = await temporaryFolder();
    const options = {
      cliPath: inject('temporalCli'),
      port: await freePort(),
      headless: true,
      dbFile: join(folder.path, 'temporal.db'),
    };
    await using first = await startTemporalServer(options);
    await using sandbox = await startSandbox({ port: 0 });
    const databaseUrl = `sqlite:${join(folder.path, 'store.db')}`;
    const health = await healthProbe();
    await using worker = await startWorkerProcess(
      { databaseUrl, folder: folder.path, sandbox, taskQueue: 'health' },
      [],
      { TEMPORAL_ADDRESS: first.address, HEALTH_ADDRESS: health.address },
    );
    await health.untilReady(worker);

    process.kill(-first.pid, 'SIGKILL');
    await first.stop();
    const { message } = await health.untilNot('temporal');
    expect(message).not.toBe('');
    expect(await health.live()).toBe(200);

    const second = await startTemporalServer(options);
    await health.untilReady(worker);

    // An end while the server is away is an end too.
    await second.stop();
    await worker.stop();
    expect((await worker.exited).signal).toBeNull();
  },
);

test.concurrent('a worker is not ready while the file of its store is away', async () => {
  await using app = await startApp({ withoutWorker: true });
  const health = await healthProbe();
  await using worker = await startWorkerProcess(app, [], { HEALTH_ADDRESS: health.address });
  await health.untilReady(worker);
  const file = app.databaseUrl.replace('sqlite:', '');
  await rename(file, `${file}.away`);
  expect((await health.untilNot('store')).message).toContain('moved or deleted');
  await rename(`${file}.away`, file);
  await health.untilReady(worker);
});

test.skipIf(inject('postgresUrl') === undefined)('a worker is not ready when its Postgres has stopped', async () => {
  const postgres = await startPostgres();
  if (postgres === undefined) throw new Error('there is a Postgres');
  await using app = await startApp({ withoutWorker: true });
  const health = await healthProbe();
  await using worker = await startWorkerProcess({ ...app, databaseUrl: postgres.url }, [], {
    HEALTH_ADDRESS: health.address,
  });
  await health.untilReady(worker);
  await postgres.stop();
  expect((await health.untilNot('store')).message).not.toBe('');
  expect(await health.live()).toBe(200);
});

test.concurrent('a worker that is asked to end is not ready from then on, and finishes its post though it is asked twice', async () => {
  await using app = await startApp({ withoutWorker: true });
  const schedule = randomUUID();
  await app.store.notifications.add([rider(randomUUID(), schedule)]);
  app.sandbox.sandbox.faults.add({ method: 'chat.postMessage', when: 'before', action: { type: 'delay', ms: 3_000 } });
  const health = await healthProbe();
  const worker = await startWorkerProcess(app, [], { HEALTH_ADDRESS: health.address });
  await health.untilReady(worker);
  const run = app.run({ selection: { kind: 'due', schedule } });
  run.catch(() => undefined);
  await until('the call to Slack', () => Object.keys(app.oracle().attempts).length > 0);

  process.kill(worker.pid, 'SIGTERM');
  const { problems } = await until('the word to arrive', async () => {
    const answer = await health.ready();
    return answer.status === 503 && answer;
  });
  expect(problems).toEqual([{ what: 'process', message: expect.stringContaining('asked to end') as unknown }]);
  expect(await app.store.deliveries.countByState({}), 'the post is still in hand').toEqual({ posting: 1 });
  process.kill(worker.pid, 'SIGTERM');
  expect(await worker.exited, worker.lastLines()).toMatchObject({ code: 0, signal: null });
  expect(await app.store.deliveries.countByState({})).toEqual({ delivered: 1 });

  await using _ = await startWorkerProcess(app);
  expect(await run).toMatchObject({ delivered: 1 });
  expect(app.oracle().messages).toHaveLength(1);
});

test.concurrent('a worker whose address for health is taken says so, and ends', async () => {
  await using store = await temporaryStore();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { code, stderr } = await runProgram(['src/worker.ts'], {
    folder: store.folder,
    variables: { HEALTH_ADDRESS: `127.0.0.1:${port}` },
  });
  other.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: Cannot serve health checks at 127\.0\.0\.1:\d+: .*\n {2}Set HEALTH_ADDRESS/);
});
