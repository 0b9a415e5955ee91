import { WORKFLOWS } from '../../src/contract/names.ts';
import type { FaultSpec } from 'slack-sandbox';
import { startRun } from '../../src/runs/start.ts';
import { noticeId, parseOwner } from '../../src/domain/owner.ts';
import { schedules } from '../../src/schedule.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import type { deliver, nudgeSignal } from '../../src/workflows/deliver.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { cancelled, cancelledAtWork, controlled, controlledInPartitions } from './control.ts';
import {
  add,
  addMany,
  COMPLETED,
  deliveryOf,
  ended,
  endOf,
  FAILED,
  type Histories,
  LARGE,
  newestOf,
  run,
  dispatchIdOf,
  TASK_QUEUE,
} from './executions.ts';
import { withNothingToSay, withThread } from './messages.ts';
import { OWNER, type World } from './world.ts';

const DAY_MS = 86_400_000;

const TIMER_FIRED = 'EVENT_TYPE_TIMER_FIRED';

/** The beginning of a result that says so, as histories keep payloads. */
const WAITS = Buffer.from('{"kind":"waits"').toString('base64');

/** The activities at the end of a run. */
const AFTER_RUN = ['slackReportsTellOwners', 'slackReportsPruneLedger'] as const;

type Shape = (world: World) => Promise<Histories>;

/** Makes an execution of every shape that the workflows can take. Those of one step go on side by side. */
export const STEPS: readonly (readonly Shape[])[] = [
  // Any other run of a schedule would claim what the tick is to find.
  [ticks],
  [
    bySchedule,
    byHand,
    withFaults,
    waitingForSlots,
    putBack,
    onFastPath,
    withThread,
    withNothingToSay,
    controlled,
    controlledInPartitions,
    cancelled,
    cancelledAtWork,
    nudged,
    inPartitions,
    continuedAsNew,
  ],
  // The server knows the search attributes from now on.
  [searchable],
  // Its notice has the trouble of all others.
  [withOwners],
];

async function bySchedule(world: World): Promise<Histories> {
  await add(world, 'scheduled-1', { schedule: 'weekday' });
  await add(world, 'scheduled-2', { schedule: 'weekday', channel: 'C0BLUEBIRD' });
  const all = schedules(world.client, TASK_QUEUE);
  await all.create({ id: 'weekday', cron: '0 0 29 2 *', timezone: 'UTC' });
  const workflowId = await all.trigger('weekday');
  await ended(world, workflowId);
  return {
    'dispatch-by-schedule': { workflowId, has: ['TemporalScheduledStartTime', COMPLETED] },
    'deliver-delivered': { workflowId: await deliveryOf(world, 'scheduled-1'), has: [COMPLETED] },
  };
}

async function byHand(world: World): Promise<Histories> {
  await add(world, 'asked-for', { due: { kind: 'once' } });
  const selection = { kind: 'notifications' as const, ids: ['asked-for'] };
  const { workflowId } = await startRun(world.client, { selection, idempotencyKey: 'import-1', taskQueue: TASK_QUEUE });
  await ended(world, workflowId);
  return {
    'dispatch-by-hand': { workflowId, has: [COMPLETED] },
    'deliver-one-off': { workflowId: await deliveryOf(world, 'asked-for'), has: [COMPLETED] },
  };
}

async function ticks(world: World): Promise<Histories> {
  const next = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  const rule = { cron: `${next.getUTCMinutes()} * * * *`, timezone: 'UTC', skip: [], dstGap: 'shift' } as const;
  const due = { kind: 'recurrence', ...rule, afterOutage: 'newest', nextDueAt: next.toISOString() } as const;
  await add(world, 'recurring', { due });
  const workflowId = await run(world, 'tick', { selection: { kind: 'due', schedule: null } });
  const nothingDue = await run(world, 'tick-after', { selection: { kind: 'due', schedule: null } });
  return {
    'dispatch-tick': { workflowId, has: [COMPLETED, 'slackReportsListPartition'] },
    'dispatch-nothing-due': { workflowId: nothingDue, has: [COMPLETED] },
    'deliver-own-recurrence': { workflowId: await deliveryOf(world, 'recurring'), has: [COMPLETED] },
  };
}

async function withFaults(world: World): Promise<Histories> {
  const post = { method: 'chat.postMessage', times: 1 } as const;
  const faults: FaultSpec[] = [
    { ...post, channel: 'C0CEDAR', when: 'before', action: { type: 'rate_limit', retryAfter: 1 } },
    { ...post, channel: 'C0DOCKSIDE', when: 'after', action: { type: 'drop' } },
    { ...post, channel: 'C0EVERLINE', when: 'after', action: { type: 'drop' } },
    {
      method: 'conversations.history',
      channel: 'C0EVERLINE',
      when: 'before',
      action: { type: 'error', error: 'missing_scope' },
    },
    // Refused with its blocks, and as plain text.
    { ...post, times: 2, channel: 'C0FERNHILL', when: 'before', action: { type: 'error', error: 'msg_too_long' } },
  ];
  for (const fault of faults) world.sandbox.sandbox.faults.add(fault);
  const schedule = 'mixed';
  await add(world, 'retried', { schedule, channel: 'C0CEDAR' });
  await add(world, 'looked-up', { schedule, channel: 'C0DOCKSIDE' });
  await add(world, 'unconfirmed', { schedule, channel: 'C0EVERLINE' });
  await add(world, 'failed', { schedule, channel: 'C0FERNHILL' });
  await add(world, 'parked', { schedule, channel: 'C0LEGACY' });
  await add(world, 'impossible', { schedule, account: 'unknown' });
  await add(world, 'slow', { schedule, report: 'slow', params: {} });
  const workflowId = await run(world, 'mixed', { selection: { kind: 'due', schedule } });
  const first: Histories = {
    'dispatch-with-failures': { workflowId, has: [COMPLETED, 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED'] },
    'deliver-retried': await endOf(world, 'retried', [COMPLETED, 'ratelimited']),
    'deliver-looked-up': await endOf(world, 'looked-up', [COMPLETED, 'the channel is read next']),
    'deliver-unconfirmed': await endOf(world, 'unconfirmed', [FAILED, 'missing_scope']),
    'deliver-failed': await endOf(world, 'failed', [FAILED, 'msg_too_long']),
    'deliver-parked': await endOf(world, 'parked', [FAILED, 'is_archived']),
    'deliver-without-report': await endOf(world, 'impossible', [FAILED, 'slackReportsPostMessage']),
    'deliver-slow-report': await endOf(world, 'slow', [COMPLETED, 'slackReportsPostMessage']),
  };
  return { ...first, ...(await afterFixes(world)) };
}

/** What a person does about those that did not arrive. */
async function afterFixes(world: World): Promise<Histories> {
  const { store } = world.sandbox.sandbox;
  const legacy = store.channels.get('C0LEGACY');
  if (legacy === undefined) throw new Error('the sandbox has no archived channel');
  store.record({ type: 'channel', channel: { ...legacy, archived: false } });
  const resume = await run(world, 'resume', {
    selection: { kind: 'parked', owner: { kind: 'notification', id: 'parked' }, withinMs: DAY_MS },
  });
  const redrive = await run(world, 'redrive', { selection: { kind: 'failed', which: { notificationId: 'failed' } } });
  const { occurrence } = await newestOf(world, 'looked-up');
  const resend = await run(world, 'resend', {
    selection: { kind: 'delivery', notificationId: 'looked-up', occurrence },
  });
  return {
    'dispatch-resume': { workflowId: resume, has: [COMPLETED, 'CHILD_WORKFLOW_EXECUTION_COMPLETED'] },
    'deliver-resumed': await endOf(world, 'parked', [COMPLETED]),
    'dispatch-redrive': { workflowId: redrive, has: [COMPLETED, 'CHILD_WORKFLOW_EXECUTION_COMPLETED'] },
    'deliver-redriven': await endOf(world, 'failed', [COMPLETED]),
    'dispatch-resend': { workflowId: resend, has: [COMPLETED, 'CHILD_WORKFLOW_EXECUTION_COMPLETED'] },
  };
}

async function waitingForSlots(world: World): Promise<Histories> {
  // The place within the window is the notification's own; of these three one comes so late that the run waits for it.
  for (const id of ['slot-1', 'slot-2', 'slot-3']) await add(world, id, { schedule: 'spread', spreadWindowS: 20 });
  const workflowId = await run(world, 'spread', { selection: { kind: 'due', schedule: 'spread' } });
  return { 'dispatch-waited': { workflowId, has: [TIMER_FIRED, COMPLETED] } };
}

/** Slack asks a workspace to wait: the delivery ends without a post, and its run starts it again then. */
async function putBack(world: World): Promise<Histories> {
  const action = { type: 'rate_limit', retryAfter: 9 } as const;
  const fault = { method: 'chat.postMessage', channel: 'C0GRANITE', when: 'before', times: 1, action } as const;
  world.sandbox.sandbox.faults.add(fault);
  await add(world, 'held', { schedule: 'held', channel: 'C0GRANITE' });
  const workflowId = await run(world, 'held', { selection: { kind: 'due', schedule: 'held' } }, 'paced');
  const deliverId = await deliveryOf(world, 'held');
  const executions = await Array.fromAsync(world.client.workflow.list({ query: `WorkflowId = '${deliverId}'` }));
  const [first] = executions.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime());
  return {
    'dispatch-put-back': { workflowId, has: [TIMER_FIRED, COMPLETED] },
    'deliver-waits': { workflowId: deliverId, runId: first?.runId ?? '', has: [WAITS, COMPLETED] },
  };
}

async function onFastPath(world: World): Promise<Histories> {
  const schedule = 'fast';
  await add(world, 'fast', { schedule });
  await add(world, 'fast-too-slow', { schedule, report: 'slow', params: {} });
  const workflowId = await run(world, 'fast', { selection: { kind: 'due', schedule } }, 'fast');
  return {
    'dispatch-on-fast-path': { workflowId, has: [COMPLETED] },
    'deliver-on-fast-path': await endOf(world, 'fast', [COMPLETED, 'EVENT_TYPE_MARKER_RECORDED']),
    'deliver-off-fast-path': await endOf(world, 'fast-too-slow', [
      'EVENT_TYPE_MARKER_RECORDED',
      'slackReportsPostMessage',
      COMPLETED,
    ]),
  };
}

/** A run finds its delivery under way already, and nudges it. */
async function nudged(world: World): Promise<Histories> {
  await add(world, 'nudged', { schedule: 'nudged', report: 'slow', params: { ms: 5_000 } });
  const nominal = new Date();
  const request = { nominal, selection: { kind: 'due' as const, schedule: 'nudged' }, endedRuns: [] };
  await world.store.claims.claimDue({ ...request, dispatchId: dispatchIdOf('nudged') }, () => undefined);
  const { id, occurrence } = await newestOf(world, 'nudged');
  const deliverId = deliverWorkflowId({ notificationId: 'nudged', occurrence });
  await world.client.workflow.start<typeof deliver>(WORKFLOWS.deliver, {
    workflowId: deliverId,
    taskQueue: TASK_QUEUE,
    args: [{ deliveryId: id, about: { report: 'nudged', channel: 'C0ACME' } }],
  });
  const input = { selection: { kind: 'due' as const, schedule: 'nudged' }, nominalTime: nominal.toISOString() };
  const workflowId = await run(world, 'nudged', input);
  await ended(world, deliverId);
  const nudge: (typeof nudgeSignal)['name'] = 'nudge';
  return {
    'dispatch-left-to-other': { workflowId, has: [COMPLETED, 'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED'] },
    'deliver-nudged': { workflowId: deliverId, has: [COMPLETED, `"signalName": "${nudge}"`] },
  };
}

async function inPartitions(world: World): Promise<Histories> {
  const workflowId = await large(world, 'large', TASK_QUEUE);
  return {
    'dispatch-in-partitions': { workflowId, has: [COMPLETED, 'partition-2'] },
  };
}

/** One partition at a time: the first makes the history long enough for a new run, which starts the second. */
async function continuedAsNew(world: World): Promise<Histories> {
  const workflowId = await large(world, 'longer', 'one-partition');
  const [first] = await Array.fromAsync(
    world.client.workflow.list({ query: `WorkflowId = '${workflowId}' AND ExecutionStatus = 'ContinuedAsNew'` }),
  );
  if (first === undefined) throw new Error(`${workflowId} did not continue as new`);
  return {
    'dispatch-continued': { workflowId, runId: first.runId, has: ['EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW'] },
    'dispatch-after-continuing': { workflowId, has: ['continuedExecutionRunId', COMPLETED] },
    partition: { workflowId: `${workflowId}/partition-2`, has: [COMPLETED, 'CHILD_WORKFLOW_EXECUTION_COMPLETED'] },
  };
}

async function large(world: World, schedule: string, taskQueue: string): Promise<string> {
  const report = { report: 'account-activity', params: { days: 1 }, schedule: schedule, channel: 'C0OPS' };
  await addMany(world, schedule, LARGE, report);
  return run(world, schedule, { selection: { kind: 'due', schedule } }, taskQueue);
}

async function searchable(world: World): Promise<Histories> {
  await registerSearchAttributes(world.client, 'default');
  const schedule = 'searchable';
  await add(world, 'found', { schedule });
  await add(world, 'found-parked', { schedule, channel: 'C0GONE' });
  const workflowId = await run(world, 'searchable', { selection: { kind: 'due', schedule } });
  return {
    'dispatch-searchable': { workflowId, has: [COMPLETED, 'SlackReportsChannel'] },
    'deliver-parked-searchable': await endOf(world, 'found-parked', [
      FAILED,
      'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
    ]),
  };
}

/** The end of a run: a notice to an owner and the daily pruning, and the end of one that has nothing to tell. */
async function withOwners(world: World): Promise<Histories> {
  const schedule = 'owned';
  await add(world, 'owned', { schedule });
  await add(world, 'owned-parked', { schedule, channel: 'C0GONE' });
  const tells = await run(world, 'owned', { selection: { kind: 'due', schedule } }, 'owned');
  const after = await run(world, 'owned-after', { selection: { kind: 'due', schedule: 'none' } }, 'owned');
  const { workspaceId = '', channel } = parseOwner(OWNER);
  return {
    'dispatch-tells-owners': { workflowId: tells, has: [COMPLETED, ...AFTER_RUN] },
    'dispatch-nothing-to-tell': { workflowId: after, has: [COMPLETED, AFTER_RUN[0]] },
    'deliver-notice': await endOf(world, noticeId({ workspaceId, channel }), [COMPLETED]),
  };
}
