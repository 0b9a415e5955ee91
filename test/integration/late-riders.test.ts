import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { clockAhead } from '../support/clock.ts';
import { startWorkerProcess } from '../support/program.ts';
import { idFor } from '../support/schedules.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const OUTAGE_MS = 6 * 60_000;

test('riders of fires that waited for a worker: the newest goes out, marked late; what is too late or older is missed', async () => {
  await using app = await startApp({ withoutWorker: true });
  const { store, client, schedules } = app;
  const [twice, strict] = [idFor(app, 'twice'), idFor(app, 'strict')];
  await store.notifications.add([rider('late', twice), rider('strict', strict)]);
  await schedules.create({ id: twice, every: '2 seconds', remainingRuns: 2 });
  await schedules.create({ id: strict, every: '2 seconds', remainingRuns: 1, catchupWindow: '5 minutes' });
  const query = `TemporalScheduledById IN ('${twice}', '${strict}')`;
  await until('the three runs', async () => (await client.workflow.count(query)).count === 3);
  app.defer(async () => {
    for await (const { workflowId } of client.workflow.list({ query: `${query} AND ExecutionStatus = 'Running'` }))
      await client.workflow.getHandle(workflowId).terminate();
  });

  // It plans the post by its clock, and the server waits for that by its own: the delivery stays pending.
  await using _ = await startWorkerProcess(app, [], clockAhead(OUTAGE_MS));
  const rows = await until('what becomes of each', async () => {
    const known = (await store.deliveries.list({}, 10)).filter(
      (row) => row.state === 'missed' || row.lateReason !== undefined,
    );
    return known.length === 3 && known.toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
  });
  const ofSchedule = (id: string) =>
    rows.filter((row) => row.notificationId === id).map((row) => [row.state, row.lateReason ?? row.error?.message]);
  const looked = 'No run looked for it until \\d+ minutes after it was due';
  expect(ofSchedule('late')).toEqual([
    ['missed', expect.stringMatching(new RegExp(`^${looked}; a newer one goes out instead$`))],
    ['pending', 'nothing was running'],
  ]);
  expect(ofSchedule('strict')).toEqual([['missed', expect.stringMatching(new RegExp(`^${looked}$`))]]);
});
