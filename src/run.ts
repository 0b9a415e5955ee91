import { createHash } from 'node:crypto';
import { type Client, WorkflowFailedError, WorkflowIdConflictPolicy, type WorkflowHandle } from '@temporalio/client';
import { UserError } from './errors.ts';
import { occurrenceOfInstant } from './occurrence.ts';
import type { Selection } from './activities/dispatch.ts';
import type { dispatch } from './workflows/dispatch.ts';
import type { DispatchProgress } from './workflows/progress.ts';

export type RunHandle = WorkflowHandle<typeof dispatch>;

/** Time between two looks at a run, in milliseconds. */
const LOOK_MS = 300;

/**
 * Starts a fan-out now, without a schedule. The run stands for this second: asked for the same twice within it, it is
 * the same run, so a double click posts once.
 */
export async function startRun(
  client: Client,
  { taskQueue, selection }: { taskQueue: string; selection: Selection },
): Promise<RunHandle> {
  const nominalTime = occurrenceOfInstant(new Date());
  const purpose = purposeOf(selection);
  return client.workflow.start<typeof dispatch>('dispatch', {
    workflowId: `${purpose}/${nominalTime}/${fingerprint(selection)}`,
    taskQueue,
    args: [{ selection, nominalTime }],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `Asked for by hand: ${purpose}`,
  });
}

/** "run" for what is sent whether due or not, else the name of the command. */
function purposeOf(selection: Selection): string {
  return ['resume', 'redrive', 'resend'].find((purpose) => purpose in selection) ?? 'run';
}

/** Tells two runs of one second apart that are for different things. */
function fingerprint(selection: Selection): string {
  return createHash('sha256').update(JSON.stringify(selection)).digest('hex').slice(0, 8);
}

/**
 * Waits for a run to end, telling how far it is meanwhile, and returns its result. Throws a UserError when the run was
 * cancelled, terminated or failed as a whole; a delivery that failed is in the result.
 */
export async function followRun(
  handle: WorkflowHandle<typeof dispatch>,
  onProgress: (progress: DispatchProgress) => void,
): Promise<DispatchProgress> {
  const ended = { value: false };
  const result = handle.result().finally(() => {
    ended.value = true;
  });
  // Awaited below; a failure in the meantime is not an unhandled one.
  result.catch(() => undefined);
  while (!ended.value) {
    const progress = await look(handle);
    if (progress !== undefined) onProgress(progress);
    await Promise.race([result, pause(LOOK_MS)]).catch(() => undefined);
  }
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new UserError(
      'run_failed',
      `Run ${handle.workflowId} did not finish: ${error.cause?.message ?? error.message}`,
      {
        hint: 'What it had claimed is in the ledger: `slack-reports deliveries list --run <id>`.',
        exitCode: 1,
        cause: error,
      },
    );
  }
}

/** Undefined while no worker answers, or before the run has claimed anything. */
async function look(handle: RunHandle): Promise<DispatchProgress | undefined> {
  try {
    return await handle.query<DispatchProgress>('progress');
  } catch {
    return undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
