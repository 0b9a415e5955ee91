import { join } from 'node:path';
import { inject, expect, test } from 'vitest';
import { freePort } from '../../src/lib/ports.ts';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';
import { startApp } from '../support/app.ts';
import { startWorkerProcess } from '../support/program.ts';
import { rider, temporaryFolder } from '../support/store.ts';
import { until } from '../support/until.ts';

const EVERY_MS = 3_000;
/** The least that the server takes. */
const CATCH_UP_MS = 10_000;
const OUTAGE_MS = CATCH_UP_MS + 3 * EVERY_MS;

test('the fires that a server dropped, because it was down for too long, are missed in the ledger, and every fire has its row', async () => {
  await using folder = await temporaryFolder();
  const server = {
    cliPath: inject('temporalCli'),
    dbFile: join(folder.path, 'temporal.db'),
    headless: true,
    port: await freePort(),
  };
  const first = await startTemporalServer(server);
  await using app = await startApp({ withoutWorker: true, temporalAddress: first.address });
  const { store, schedules } = app;
  const rows = async () => (await store.deliveries.list({}, 1_000)).toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
  try {
    await store.notifications.add([rider('a', 's')]);
    await schedules.create({ id: 's', every: '3 seconds', catchupWindow: '10 seconds' });
    await using _ = await startWorkerProcess(app);
    // The first run looks at the schedule, and knows where to begin.
    await until('two deliveries', async () => (await rows()).filter(({ state }) => state === 'delivered').length >= 2);
  } finally {
    await first.stop();
  }
  const stopped = Date.now();
  // As if the last look had been some minutes ago.
  await store.db.updateTable('schedule_checks').set({ looked_at: '2020-01-01T00:00:00.000Z' }).execute();
  await until('the end of the outage', () => Date.now() - stopped > OUTAGE_MS);

  await using second = await startTemporalServer(server);
  const dropped = await until(
    'fires that the server drops',
    async () => (await schedules.describe('s')).info.numActionsMissedCatchupWindow || undefined,
  );
  await using worker = await startWorkerProcess(app);
  const missed = await until('missed rows', async () => {
    const some = (await rows()).filter(({ state }) => state === 'missed');
    // They are written one after the other.
    return some.length >= dropped ? some : undefined;
  });
  expect([second.address, worker.pid > 0]).toEqual([first.address, true]);
  expect(missed).toHaveLength(dropped);
  expect(missed[0]?.error?.message).toContain('Temporal dropped this fire of s');
  // From the first to the last there is a row every three seconds, once the runs that were caught up have claimed theirs.
  await until('a row for every fire', async () => {
    const times = (await rows()).map(({ dueAt }) => Date.parse(dueAt));
    return times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === EVERY_MS);
  });
});
