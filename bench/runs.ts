import { WORKFLOWS } from '../src/contract/names.ts';
import type { DispatchInput } from '../src/contract/dispatch.ts';
import type { Selection } from '../src/domain/selection.ts';
import type { dispatch } from '../src/workflows/dispatch.ts';
import type { partition } from '../src/workflows/partition.ts';
import { whole } from '../src/workflows/partitioning.ts';
import { startOf } from '../src/workflows/progress.ts';
import type { bareParent, BareInput } from './bare/workflows.ts';
import { SCHEDULE } from './notifications.ts';
import { PARTITIONS, WINDOW } from './sizes.ts';
import { BARE_TASK_QUEUE, TASK_QUEUE, type World } from './world.ts';

/** A run that takes longer is broken; the server ends it. In seconds. */
const RUN_TIMEOUT_S = 15 * 60;

const WARM_UP = 100;

/** Nominal times that no two runs share, in milliseconds: a slot is told apart by the second. */
export function nominalTimes() {
  let last = 0;
  return (): Date => {
    last = Math.max(Date.now(), last + 1_000);
    return new Date(last);
  };
}

/** The product's own dispatch of everything that rides the schedule, as a tick starts it. Returns its workflow id. */
export async function runOurs(
  { client }: World,
  nominal: Date,
  selection: Selection = { kind: 'due', schedule: SCHEDULE },
): Promise<string> {
  return execute(client, `ours/${nominal.getTime()}`, { nominalTime: nominal.toISOString(), selection });
}

/** The same, of which one does not wait for the end. It may take `timeoutS` seconds, or as long as any run. */
export function startOurs({ client }: World, nominal: Date, timeoutS: number) {
  const input = { nominalTime: nominal.toISOString(), selection: { kind: 'due' as const, schedule: SCHEDULE } };
  return start(client, `ours/${nominal.getTime()}`, input, Math.ceil(Math.max(timeoutS, RUN_TIMEOUT_S)));
}

/** A run of what the selection names, now; its end is not waited for. */
export async function startRun({ client }: World, workflowId: string, selection: Selection): Promise<void> {
  await start(client, workflowId, { nominalTime: new Date().toISOString(), selection }, RUN_TIMEOUT_S * 2);
}

/** Warms up code, caches and connections with the first of the notifications, so that what is measured first is not slower. */
export async function warmUp(world: World): Promise<void> {
  const ids = (await world.store.notifications.list()).slice(0, WARM_UP).map(({ id }) => id);
  await runOurs(world, new Date(), { kind: 'notifications', ids });
  if (world.bare !== undefined) await runBare(world, { jobs: WARM_UP, window: WINDOW, parents: PARTITIONS });
}

/**
 * The same as one hot parent: what a partition of a run does, for the whole run. The claim, which is the parent's own work
 * otherwise, is done here, within the time that is measured.
 */
export async function runOursUnparted({ client, store }: World, nominal: Date, window: number): Promise<string> {
  const dispatchId = `ours-unparted/${nominal.getTime()}`;
  const selection = { kind: 'due', schedule: SCHEDULE } as const;
  const { due } = await store.claims.claimDue({ dispatchId, nominal, selection });
  const progress = startOf({ nominalTime: nominal.toISOString(), due });
  await client.workflow.execute<typeof partition>(WORKFLOWS.partition, {
    workflowId: dispatchId,
    taskQueue: TASK_QUEUE,
    workflowExecutionTimeout: RUN_TIMEOUT_S * 1_000,
    args: [{ dispatchId, partition: whole(due), control: { paused: false, concurrency: window }, progress }],
  });
  return dispatchId;
}

export async function runBare({ client }: World, input: BareInput): Promise<void> {
  await client.workflow.execute<typeof bareParent>('bareParent', {
    workflowId: `bare/${crypto.randomUUID()}`,
    taskQueue: BARE_TASK_QUEUE,
    workflowExecutionTimeout: RUN_TIMEOUT_S * 1_000,
    args: [input],
  });
}

async function execute(client: World['client'], workflowId: string, input: DispatchInput): Promise<string> {
  await (await start(client, workflowId, input, RUN_TIMEOUT_S)).result();
  return workflowId;
}

function start(client: World['client'], workflowId: string, input: DispatchInput, timeoutS: number) {
  return client.workflow.start<typeof dispatch>(WORKFLOWS.dispatch, {
    workflowId,
    taskQueue: TASK_QUEUE,
    workflowExecutionTimeout: timeoutS * 1_000,
    args: [input],
  });
}
