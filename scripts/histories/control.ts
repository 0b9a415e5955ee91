import { WORKFLOWS } from '../../src/contract/names.ts';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { pauseUpdate, setConcurrencyUpdate, unpauseUpdate } from '../../src/workflows/controls.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { partitionWorkflowId } from '../../src/contract/ids.ts';
import {
  add,
  addMany,
  CANCELED,
  COMPLETED,
  deliveryOf,
  type Event,
  type Histories,
  LARGE,
  newestOf,
  dispatchIdOf,
  start,
  TASK_QUEUE,
  until,
  untilEvent,
} from './executions.ts';
import type { World } from './world.ts';

/** Nothing of it is posted while it is recorded. */
const WINDOW_S = 86_400;

const UPDATED = 'EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED';

/** A run that is paused before it has anything to begin, and goes on at a concurrency of its own. */
export async function controlled(world: World): Promise<Histories> {
  const schedule = 'controlled';
  await addMany(world, schedule, 2, { schedule: schedule });
  const workflowId = dispatchIdOf(schedule);
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof dispatch>(WORKFLOWS.dispatch, {
    workflowId,
    taskQueue: TASK_QUEUE,
    workflowIdConflictPolicy: 'FAIL',
    args: [{ nominalTime: new Date().toISOString(), selection: { kind: 'due', schedule } }],
  });
  await world.client.workflow.executeUpdateWithStart(pauseUpdate, { startWorkflowOperation });
  await untilEvent(world, workflowId, isScheduled('slackReportsListPartition'));
  const handle = world.client.workflow.getHandle(workflowId);
  await handle.executeUpdate(setConcurrencyUpdate, { args: [{ concurrency: 1 }] });
  await handle.executeUpdate(unpauseUpdate);
  await handle.result();
  return { 'dispatch-controlled': { workflowId, has: [UPDATED, COMPLETED] } };
}

/** A large run that is given another concurrency, paused and cancelled, which all of its partitions hear of. */
export async function controlledInPartitions(world: World): Promise<Histories> {
  const schedule = 'called-off-large';
  await addMany(world, schedule, LARGE, { schedule: schedule, spreadWindowS: WINDOW_S });
  const { handle, workflowId } = await start(world, schedule, { selection: { kind: 'due', schedule } });
  const [first, second] = [partitionWorkflowId(workflowId, 0), partitionWorkflowId(workflowId, 1)];
  for (const partition of [first, second]) {
    await untilEvent(world, partition, (event) => event.timerStartedEventAttributes);
  }
  await handle.executeUpdate(setConcurrencyUpdate, { args: [{ concurrency: 4 }] });
  await handle.executeUpdate(pauseUpdate);
  await handle.cancel();
  await handle.result().catch(() => undefined);
  return {
    'dispatch-in-partitions-cancelled': {
      workflowId,
      has: [UPDATED, 'EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED', CANCELED],
    },
    'partition-cancelled': { workflowId: first, has: ['"signalName": "control"', CANCELED] },
  };
}

/** A run that is cancelled while its delivery waits for its slot. */
export async function cancelled(world: World): Promise<Histories> {
  await add(world, 'called-off', { schedule: 'called-off', spreadWindowS: WINDOW_S });
  const { handle, workflowId } = await start(world, 'called-off', {
    selection: { kind: 'due', schedule: 'called-off' },
  });
  await untilEvent(world, workflowId, (event) => event.timerStartedEventAttributes);
  await handle.cancel();
  await handle.result().catch(() => undefined);
  return { 'dispatch-cancelled': { workflowId, has: [CANCELED, 'slackReportsCancelRest'] } };
}

/** Deliveries that are cancelled at their work: the report, its post, its thread. */
export async function cancelledAtWork(world: World): Promise<Histories> {
  const schedule = 'called-off-at-work';
  const post = { method: 'chat.postMessage', when: 'before' } as const;
  const later = { type: 'error', error: 'message_limit_exceeded' } as const;
  const { faults } = world.sandbox.sandbox;
  faults.add({ ...post, channel: 'C0IRONWOOD', action: later });
  // The message is the first call, and goes out; none of its thread does.
  for (const nth of [2, 3, 4, 5, 6]) faults.add({ ...post, channel: 'C0JUNIPER', nth, action: later });
  await add(world, 'cancelled-loading', { schedule, report: 'slow', params: { ms: 15_000 } });
  await add(world, 'cancelled-posting', { schedule, channel: 'C0IRONWOOD' });
  const rich = { report: 'rich', params: { thread: 2 } };
  await add(world, 'cancelled-in-thread', { schedule, channel: 'C0JUNIPER', ...rich });
  const { handle } = await start(world, 'called-off-at-work', { selection: { kind: 'due', schedule } });
  const [loading, posting, inThread] = await Promise.all([
    untilDelivery(world, 'cancelled-loading', isScheduled('slackReportsPostMessage')),
    untilDelivery(world, 'cancelled-posting', isScheduled('slackReportsPostMessage')),
    untilDelivery(world, 'cancelled-in-thread', isThreadPost),
  ]);
  await until('Slack to refuse the post', async () => {
    const { attempts } = await newestOf(world, 'cancelled-posting');
    return attempts > 0 || undefined;
  });
  await handle.cancel();
  await handle.result().catch(() => undefined);
  return {
    'deliver-cancelled-loading': {
      workflowId: loading,
      has: [CANCELED, 'slackReportsPostMessage', 'slackReportsRecordOutcome'],
    },
    'deliver-cancelled-posting': {
      workflowId: posting,
      has: [CANCELED, 'EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED', 'slackReportsRecordOutcome'],
    },
    // The report is in its channel all the same.
    'deliver-cancelled-in-thread': { workflowId: inThread, has: [COMPLETED, 'slackReportsRecordOutcome'] },
  };
}

/** Waits until the delivery of a notification has come so far, and returns its workflow id. */
async function untilDelivery(world: World, notificationId: string, is: (event: Event) => unknown): Promise<string> {
  const workflowId = await until(`${notificationId} to be claimed`, () => deliveryOf(world, notificationId));
  return untilEvent(world, workflowId, is);
}

function isScheduled(activity: string): (event: Event) => boolean {
  return (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity;
}

function isThreadPost(event: Event): boolean {
  const input = event.activityTaskScheduledEventAttributes?.input?.payloads?.[0]?.data;
  return isScheduled('slackReportsPostMessage')(event) && new TextDecoder().decode(input ?? undefined).includes('.1"');
}
