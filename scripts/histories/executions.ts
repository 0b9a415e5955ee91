import { WORKFLOWS } from '../../src/contract/names.ts';
import type { DispatchInput } from '../../src/contract/dispatch.ts';
import type { Due, NewNotification } from '../../src/domain/notification.ts';
import { until as poll } from '../../src/lib/until.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
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
/** Deliveries of a run that goes through partitions. */
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
  const workflowId = dispatchIdOf(name);
  const handle = await world.client.workflow.start<typeof dispatch>(WORKFLOWS.dispatch, {
    workflowId,
    taskQueue,
    args: [{ nominalTime: new Date().toISOString(), ...input }],
  });
  return { handle, workflowId };
}

export function dispatchIdOf(name: string): string {
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

/** What a recorded notification has of its own: its channel by Slack's id, and its schedule or another way to be due. */
type Fields = Partial<Omit<NewNotification, 'id' | 'channel' | 'due'>> & {
  channel?: string;
  schedule?: string;
  due?: Due;
};

export async function add(world: World, id: string, fields: Fields): Promise<void> {
  await world.store.notifications.add([notification(id, fields)]);
}

export async function addMany(world: World, prefix: string, count: number, fields: Fields) {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await world.store.notifications.add(ids.map((id) => notification(id, fields)));
}

function notification(id: string, { channel = 'C0ACME', schedule, due, ...fields }: Fields): NewNotification {
  const otherwise: Due =
    schedule === undefined ? { kind: 'on-demand' } : { kind: 'schedule', scheduleId: schedule, afterOutage: 'newest' };
  return {
    id,
    name: `Report ${id}`,
    account: 'acme',
    report: 'account-activity',
    params: { days: 7 },
    workspaceId: 'sandbox',
    channel: { id: channel },
    due: due ?? otherwise,
    tags: [],
    enabled: true,
    ...fields,
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
