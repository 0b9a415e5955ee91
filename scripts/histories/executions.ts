import { until as poll } from '../../src/lib/until.ts';
import type { NewNotification } from '../../src/store/notifications.ts';
import type { dispatch, DispatchInput } from '../../src/workflows/dispatch.ts';
import { deliverWorkflowId } from '../../src/workflows/ids.ts';
import type { World } from './world.ts';

/** A history to keep: an execution, and what must be in it for it to be of the shape that its name says. */
export interface Recorded {
  workflowId: string;
  /** Of the newest run when absent. */
  runId?: string;
  /** Types of events, such as `EVENT_TYPE_TIMER_FIRED`, or other words of the file. */
  has: readonly string[];
}

/** By file name. */
export type Histories = Record<string, Recorded>;

export const COMPLETED = 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED';
export const FAILED = 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED';
export const CANCELED = 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED';

export const TASK_QUEUE = 'slack-reports';
/** Deliveries of a run that goes through parts. */
export const LARGE = 501;
const LOOK_MS = 50;
const DEADLINE_MS = 120_000;

/** Starts a run, waits for its end and returns its workflow id. */
export async function run(world: World, name: string, input: DispatchInput, taskQueue = TASK_QUEUE): Promise<string> {
  const { handle, workflowId } = await start(world, name, input, taskQueue);
  await handle.result();
  return workflowId;
}

export async function start(world: World, name: string, input: DispatchInput, taskQueue = TASK_QUEUE) {
  const workflowId = runId(name);
  const handle = await world.client.workflow.start<typeof dispatch>('dispatch', {
    workflowId,
    taskQueue,
    args: [{ nominalTime: new Date().toISOString(), ...input }],
  });
  return { handle, workflowId };
}

export function runId(name: string): string {
  return `run/${name}`;
}

/** Waits for the end of a workflow, whatever it is. */
export async function ended(world: World, workflowId: string): Promise<void> {
  await world.client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
}

export async function newestOf(world: World, notificationId: string) {
  const [newest] = await world.store.deliveries.list({ notificationId }, 1);
  if (newest === undefined) throw new Error(`${notificationId} has no delivery`);
  return newest;
}

export async function deliveryOf(world: World, notificationId: string): Promise<string> {
  const { occurrence } = await newestOf(world, notificationId);
  return deliverWorkflowId({ notificationId, occurrence });
}

/** The execution itself, since a later one may have the same workflow id. */
export async function endOf(world: World, notificationId: string, has: readonly string[]): Promise<Recorded> {
  const workflowId = await deliveryOf(world, notificationId);
  const { runId: newest } = await world.client.workflow.getHandle(workflowId).describe();
  return { workflowId, runId: newest, has };
}

export async function add(world: World, id: string, fields: Partial<NewNotification>): Promise<void> {
  await world.store.notifications.add([{ ...rowOf(id), ...fields }]);
}

export async function addMany(world: World, prefix: string, count: number, fields: Partial<NewNotification>) {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await world.store.notifications.add(ids.map((id) => ({ ...rowOf(id), ...fields })));
}

function rowOf(id: string): NewNotification {
  return {
    id,
    name: `Report ${id}`,
    account: 'acme',
    report: 'account-activity',
    params: '{"days":7}',
    workspace_id: 'sandbox',
    channel: 'C0ACME',
    channel_name: null,
    schedule_id: null,
    cron: null,
    timezone: null,
    window_s: null,
    next_due_at: null,
    enabled: 1,
  };
}

export type Event = NonNullable<
  Awaited<ReturnType<ReturnType<World['client']['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

/** Waits until a workflow has come so far, and returns its id. */
export async function untilEvent(world: World, workflowId: string, is: (event: Event) => unknown): Promise<string> {
  return until(`${workflowId} to come so far`, async () => {
    const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
    return events?.some((event) => Boolean(is(event))) === true ? workflowId : undefined;
  });
}

/** What cannot be asked yet is asked again. */
export function until<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
  return poll(() => look().catch(() => undefined), { what, deadlineMs: DEADLINE_MS, everyMs: LOOK_MS });
}
