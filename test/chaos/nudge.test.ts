import { WORKFLOWS } from '../../src/contract/names.ts';
import { expect, test } from 'vitest';
import { deliveryId } from '../../src/domain/occurrence.ts';
import type { deliver } from '../../src/workflows/deliver.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { startApp } from '../support/app.ts';
import { rider } from '../support/store.ts';

test('a run that finds a delivery under way gives it a nudge, in case the server has lost its first task', async () => {
  await using app = await startApp();
  await app.store.notifications.add([rider('stuck', 's')]);
  const occurrence = '2026-11-23T08:00:00Z';
  const id = deliveryId('stuck', occurrence);
  // No worker serves its task queue, so it is as stuck as one without a task.
  const stuck = await app.client.workflow.start<typeof deliver>(WORKFLOWS.deliver, {
    workflowId: deliverWorkflowId({ notificationId: 'stuck', occurrence }),
    taskQueue: `${app.taskQueue}-unpolled`,
    args: [{ deliveryId: id, about: { report: 'account-activity', channel: 'C0ACME' } }],
  });

  const result = await app.client.workflow.execute<typeof dispatch>(WORKFLOWS.dispatch, {
    workflowId: `nudge-${app.taskQueue}`,
    taskQueue: app.taskQueue,
    args: [{ selection: { kind: 'due', schedule: 's' }, nominalTime: occurrence }],
  });

  expect(result).toMatchObject({ due: 1, already: 1, delivered: 0 });
  const { events } = await stuck.fetchHistory();
  expect(events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName)).toContain('nudge');
  await stuck.terminate();
});
