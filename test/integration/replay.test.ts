import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { startApp, workflowBundle } from '../support/app.ts';
import { rider } from '../support/store.ts';

test('a worker that forgets every workflow between two tasks runs them to the same end, and their histories replay', async () => {
  // Without a cache each workflow task replays the history so far, as after a restart of the worker.
  await using app = await startApp({ maxCachedWorkflows: 0 });
  const { faults } = app.sandbox.sandbox;
  faults.add({ method: 'chat.postMessage', channel: 'C0OPS', when: 'after', times: 1, action: { type: 'drop' } });
  const schedule = randomUUID();
  const channels = ['C0ACME', 'C0OPS', 'C0LEGACY'];
  await app.store.notifications.add(channels.map((channel) => rider(randomUUID(), schedule, { channel })));
  const workflowId = randomUUID();
  const result = await app.run(
    { selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() },
    workflowId,
  );
  expect(result).toMatchObject({ due: 3, delivered: 2, parked: 1 });
  expect(Object.values(app.oracle().counts)).toEqual([1, 1]);

  const children = (await app.store.deliveries.list({}, 10)).map((row) =>
    deliverWorkflowId({ notificationId: row.notificationId, occurrence: row.occurrence }),
  );
  for (const id of [workflowId, ...children]) {
    const history = await app.client.workflow.getHandle(id).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, id);
  }
});
