import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { kindOf, type StatementKind, watchStatements } from '../../bench/statements.ts';
import { freePort } from '../../src/lib/ports.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { billedActions } from '../support/actions.ts';
import { type App, startApp } from '../support/app.ts';
import { scrape, sumOf } from '../support/metrics.ts';
import { startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';

/** In seconds. The place of `waiting` in it is 12 s after the time, by the hash of its id: it waits on a slow machine, too. */
const WINDOW_S = 24;

test('runs cost as many billed actions as docs/production.md says, and no heartbeats', async () => {
  await using app = await startApp({ withoutWorker: true });
  const [nothing, some] = [await app.schedule(), await app.schedule()];
  await app.store.notifications.add([
    rider('at-once', some),
    rider('waiting', some, { channel: 'C0OPS', spreadWindowS: WINDOW_S }),
  ]);
  const METRICS_ADDRESS = `127.0.0.1:${await freePort()}`;
  await using _ = await startWorkerProcess(app, [], { METRICS_ADDRESS });

  const runs = await Promise.all([nothing, some].map((id) => app.schedules.trigger(id)));
  const results = await Promise.all(runs.map((id) => app.client.workflow.getHandle(id).result() as Promise<unknown>));
  expect(results).toMatchObject([{ due: 0 }, { due: 2, delivered: 2 }]);

  const [ofNothing, ofSome] = await Promise.all(runs.map((id) => billedActions(app.client, id)));
  expect(ofNothing).toBe(4);
  // Two of them for each child, and the timer until the slot of the one that waits.
  expect(ofSome).toBe(5 + 2 * 2 + 1);
  const rows = await app.store.deliveries.list({}, 2);
  const inSlots = rows.toSorted((a, b) => (a.notBefore < b.notBefore ? -1 : 1));
  const ofChildren = inSlots.map((row) =>
    billedActions(app.client, deliverWorkflowId({ notificationId: row.notificationId, occurrence: row.occurrence })),
  );
  expect(await Promise.all(ofChildren)).toEqual([1, 1]);

  const samples = await scrape(METRICS_ADDRESS);
  const requests = (operation: string) => sumOf(samples, 'temporal_request_total', { operation });
  expect(requests('RespondActivityTaskCompleted')).toBeGreaterThan(0);
  expect(requests('RecordActivityTaskHeartbeat')).toBe(0);
});

/** What a run of one plain delivery to each channel asks of the store. */
async function statementsOf(app: App, channels: readonly string[]): Promise<Record<StatementKind, number>> {
  const riders = channels.map((channel) => rider(randomUUID(), 'none', { channel }));
  await app.store.notifications.add(riders);
  const counts = { store: 0, report: 0, transaction: 0, start: 0 };
  using _ = watchStatements((sql) => void (counts[kindOf(sql)] += 1));
  const result = await app.run({ selection: { kind: 'notifications', ids: riders.map(({ id }) => id) } });
  expect(result).toMatchObject({ delivered: channels.length });
  return counts;
}

test('a plain delivery costs five statements on the store: report, message, slot, claim of the post, outcome', async () => {
  await using app = await startApp({ pace: { channelMs: 1, workspaceMs: 1, workspaceBurstMs: 60_000 } });
  const two = await statementsOf(app, ['C0ACME', 'C0BLUEBIRD']);
  const six = await statementsOf(app, ['C0CEDAR', 'C0DOCKSIDE', 'C0EVERLINE', 'C0FERNHILL', 'C0GRANITE', 'C0HARBOR']);
  expect((six.store - two.store) / 4).toBe(5);
  expect(six.transaction).toBe(two.transaction);
});
