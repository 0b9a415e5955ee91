import { createHash } from 'node:crypto';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import { TASK_QUEUE } from './config.ts';
import { UserError } from './errors.ts';
import { until } from './lib/until.ts';
import { occurrenceOfInstant } from './occurrence.ts';
import type { Selection } from './activities/dispatch.ts';
import type { dispatch } from './workflows/dispatch.ts';
import type { DispatchProgress } from './workflows/progress.ts';

export type RunHandle = WorkflowHandle<typeof dispatch>;

/** Time between two looks at a run, in milliseconds. */
const LOOK_MS = 300;

export interface NewRun {
  /** What is sent, such as `{ notifications: ['acme-import'] }` or `{ matching: { account: 'acme', tags: ['import'] } }`. */
  selection: Selection;
  /**
   * What is sent for: an import's id, say; 1 to 100 letters, digits, ".", "_", ":" or "-". Asked for twice with one key, a
   * notification is sent once, however much later: the key is its occurrence in the ledger. Without a key the run stands
   * for this second, so that a double click posts once.
   */
  idempotencyKey?: string | undefined;
  /** Where workers of slack-reports poll. */
  taskQueue?: string | undefined;
}

/**
 * Starts a fan-out now, without a schedule, and returns its handle at once; `followRun` waits for its end. With a key that
 * was used before it returns the handle of that run, running or completed, as long as the server keeps it (the retention
 * of its namespace); after that, or where that run failed as a whole, a new one begins, which finds in the ledger what was
 * sent.
 * Throws a UserError where the key cannot be one.
 */
export async function startRun(
  client: Client,
  { selection, idempotencyKey: key, taskQueue = TASK_QUEUE }: NewRun,
): Promise<RunHandle> {
  if (key !== undefined) checkKey(key, selection);
  const nominalTime = occurrenceOfInstant(new Date());
  const purpose = purposeOf(selection);
  const workflowId = key === undefined ? `${purpose}/${nominalTime}/${fingerprint(selection)}` : `run/key:${key}`;
  try {
    return await client.workflow.start<typeof dispatch>('dispatch', {
      workflowId,
      taskQueue,
      args: [{ selection, nominalTime, ...(key === undefined ? {} : { key }) }],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      staticSummary: key === undefined ? `Asked for by hand: ${purpose}` : `Asked for, for ${key}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return client.workflow.getHandle<typeof dispatch>(workflowId);
  }
}

/** Throws a UserError where the key cannot be one, or the selection is of no notifications. */
export function checkKey(key: string, selection: Selection): void {
  if (!/^[a-z0-9][a-z0-9._:-]{0,99}$/i.test(key)) {
    throw new UserError(
      'invalid_key',
      `The key "${key.slice(0, 120)}" is not 1 to 100 letters, digits, ".", "_", ":" or "-"`,
      {
        hint: 'Take the id of what the messages are about, such as import-4711.',
      },
    );
  }
  if (!('notifications' in selection || 'matching' in selection)) {
    throw new UserError('invalid_key', 'A key belongs to a run that chooses notifications', {
      hint: 'Select { notifications } or { matching }.',
    });
  }
}

/** "run" for what is sent whether due or not, else the name of the command. */
function purposeOf(selection: Selection): string {
  return ['resume', 'redrive', 'resend', 'test'].find((purpose) => purpose in selection) ?? 'run';
}

/** Tells two runs of one second apart that are for different things. */
function fingerprint(selection: Selection): string {
  return hashOf(selection, 8);
}

/** So many hexadecimal digits that stand for what is asked for. */
export function hashOf(asked: unknown, digits: number): string {
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, digits);
}

/**
 * Waits for a run to end, telling how far it is meanwhile, and returns its result. Throws a UserError when the run was
 * cancelled, terminated or failed as a whole; a delivery that failed is in the result.
 */
export async function followRun(
  handle: WorkflowHandle<typeof dispatch>,
  onProgress: (progress: DispatchProgress) => void,
): Promise<DispatchProgress> {
  const result = handle.result();
  const show = async () => {
    const progress = await look(handle);
    if (progress !== undefined) onProgress(progress);
    return undefined;
  };
  const looking = new AbortController();
  try {
    const { signal } = looking;
    return await Promise.race([result, until<never>(show, { what: 'the run', everyMs: LOOK_MS, signal })]);
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
  } finally {
    looking.abort();
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
