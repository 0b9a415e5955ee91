import { WORKFLOWS } from '../contract/names.ts';
import { createHash } from 'node:crypto';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import { checkSelection, choosesNotifications, isSameSelection, type Selection } from '../domain/selection.ts';
import { UserError } from '../lib/errors.ts';
import { until } from '../lib/until.ts';
import { occurrenceOfInstant } from '../domain/occurrence.ts';
import type { Dispatch, DispatchProgress, RunProgress } from '../contract/dispatch.ts';
import { withoutWorker } from './workers.ts';

/** A run of ours as Temporal's own handle: its `workflowId` names it in commands, and `followRun` waits for its end. */
export type RunHandle = WorkflowHandle<Dispatch>;

/** Time between two queries of a run, in milliseconds. */
const LOOK_MS = 300;

/** What a run sends, and where its workers poll. */
export interface NewRun {
  /** What is sent, such as `{ kind: 'matching', filter: { account: 'acme', tags: ['import'] } }`. */
  selection: Selection;
  /**
   * Why it is sent, such as an import's id; 1 to 100 letters, digits, ".", "_", ":" or "-". A notification is sent once for
   * a key, at any time: the key is its occurrence in the ledger. Without a key the run stands for this second, so a double
   * click posts once.
   */
  idempotencyKey?: string | undefined;
  /** Where workers of slack-reports poll. */
  taskQueue: string;
  /** True: an error `no_worker` instead of a run that waits, if no worker polls the task queue. */
  requireWorker?: boolean | undefined;
  /** Hears that no worker polls the task queue: the run is started, and waits until one does. */
  onNote?: ((note: string) => void) | undefined;
}

/**
 * Starts a fan-out now, without a schedule, and returns its handle; `followRun` waits for its end. A key identifies one
 * request while the server keeps its run (the retention of its namespace): the same key with the same selection returns the
 * handle of that run, running or ended, and with another selection is an error `key_in_use`. A run that failed as a whole
 * frees its key; one that was cancelled or terminated can be started again for the same selection.
 * Throws a UserError for a wrong key or selection, and `no_worker` if a worker is required.
 */
export async function startRun(
  client: Client,
  { selection, idempotencyKey: key, taskQueue, requireWorker = false, onNote }: NewRun,
): Promise<RunHandle> {
  checkSelection(selection);
  if (key !== undefined) {
    checkKey(key);
    if (!choosesNotifications(selection)) throw keyNeedsNotifications();
  }
  if (requireWorker || onNote !== undefined) {
    const missing = await withoutWorker(client, taskQueue);
    if (missing !== undefined && requireWorker) throw missing;
    if (missing !== undefined) onNote?.(`${missing.message}: the run waits until one does. ${missing.hint}`);
  }
  const nominalTime = occurrenceOfInstant(new Date());
  const purpose = PURPOSES[selection.kind];
  const workflowId = key === undefined ? `${purpose}/${nominalTime}/${fingerprint(selection)}` : `run/key:${key}`;
  const start = (reuse: WorkflowIdReusePolicy) =>
    client.workflow.start<Dispatch>(WORKFLOWS.dispatch, {
      workflowId,
      taskQueue,
      args: [{ selection, nominalTime, ...(key === undefined ? {} : { key }) }],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      workflowIdReusePolicy: reuse,
      staticSummary: key === undefined ? `Asked for by hand: ${purpose}` : `Asked for, for ${key}`,
      memo: { selection },
    });
  const earlier = client.workflow.getHandle<Dispatch>(workflowId);
  try {
    return await start(WorkflowIdReusePolicy.REJECT_DUPLICATE);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const { status, memo } = await earlier.describe();
  const asked = memo?.['selection'] as Selection | undefined;
  if (status.name !== 'FAILED' && key !== undefined && (asked === undefined || !isSameSelection(asked, selection))) {
    throw keyInUse(key, `run ${workflowId}`, asked);
  }
  if (status.name === 'RUNNING' || status.name === 'COMPLETED') return earlier;
  try {
    return await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // Another process was quicker, perhaps with another selection.
    return startRun(client, { selection, idempotencyKey: key, taskQueue });
  }
}

/** A key identifies one request; `owner` has it for something else. */
export function keyInUse(key: string, owner: string, asked: Selection | undefined): UserError {
  const what = asked === undefined ? 'another request' : JSON.stringify(asked).slice(0, SELECTION_SHOWN);
  return UserError.input('key_in_use', `The key "${key}" belongs to ${owner}, which asked for ${what}`, {
    hint: 'Use a key of its own for each request.',
  });
}

/** Characters of a selection that an error shows. */
const SELECTION_SHOWN = 300;

/** Throws a UserError for a wrong key. */
export function checkKey(key: string): void {
  if (!/^[a-z0-9][a-z0-9._:-]{0,99}$/i.test(key)) {
    throw UserError.input(
      'invalid_key',
      `The key "${key.slice(0, 120)}" is not 1 to 100 letters, digits, ".", "_", ":" or "-"`,
      {
        hint: 'Use the id of what the messages are about, such as import-4711.',
      },
    );
  }
}

function keyNeedsNotifications(): UserError {
  return UserError.input('invalid_key', 'A key belongs to a run that chooses notifications', {
    hint: "Select { kind: 'notifications' }, { kind: 'matching' } or { kind: 'all' }.",
  });
}

/** What a run is called in its workflow id: by the command that starts such runs. */
const PURPOSES: Record<Selection['kind'], string> = {
  due: 'run',
  all: 'run',
  notifications: 'run',
  matching: 'run',
  parked: 'resume',
  failed: 'redrive',
  unconfirmed: 'resend',
  delivery: 'resend',
  test: 'test',
};

/** Distinguishes two runs of one second with different selections. */
function fingerprint(selection: Selection): string {
  return hashOf(selection, 8);
}

/** The first `digits` hexadecimal digits of a hash. */
export function hashOf(asked: unknown, digits: number): string {
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, digits);
}

/**
 * Waits for a run to end, reports its progress about three times a second, and returns its result: how many deliveries ended in
 * which state, and why. Failed deliveries are in the result.
 * Throws a UserError `run_failed` if the run was cancelled, terminated or failed as a whole.
 * @example const { delivered, failures } = await followRun(run, ({ due }) => console.log(`${due} due`));
 */
export async function followRun(
  handle: WorkflowHandle<Dispatch>,
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
    throw UserError.failure(
      'run_failed',
      `Run ${handle.workflowId} did not finish: ${error.cause?.message ?? error.message}`,
      { hint: 'What it claimed is in the ledger: `slack-reports deliveries list --run <id>`.', cause: error },
    );
  } finally {
    looking.abort();
  }
}

/** Undefined while no worker answers, or before the run has claimed anything. */
async function look(handle: RunHandle): Promise<DispatchProgress | undefined> {
  try {
    const progress = await handle.query<RunProgress>('progress');
    return progress.claiming === true ? undefined : progress;
  } catch {
    return undefined;
  }
}
