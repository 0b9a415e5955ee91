import { WORKFLOWS } from '../contract/names.ts';
import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import type { Control, DispatchProgress, RunProgress } from '../contract/dispatch.ts';
import type { DeliveryState } from '../domain/delivery.ts';
import { UserError } from '../lib/errors.ts';
import { controlRun, progressOf } from '../runs/control.ts';
import { followRun, type NewRun, type RunHandle, startRun } from '../runs/start.ts';
import type { Context } from './context.ts';

/** A run in a list. */
export interface RunRow {
  /** Its workflow id. */
  run: string;
  /** As Temporal calls it, or `PAUSED`, or `CLAIMING` while it looks for what is due. */
  status: string;
  /** ISO 8601. */
  started: string;
  /** Of a run under way; undefined where no worker answers. */
  progress: RunProgress | undefined;
}

/** A run as a program asks for it, on the configured task queue. */
export type RunRequest = Omit<NewRun, 'taskQueue' | 'onNote'>;

/** Runs: a run sends what a selection chooses, in a workflow of its own. */
export function runsOf(context: Context) {
  return {
    /**
     * Starts a run now and returns its handle, with its `workflowId`. The same key with the same selection is one run, however
     * often it is asked for; without a key, the same selection is one run a second. If no worker polls the task queue, the run
     * waits for one, and `onNote` of the client hears of it; with `requireWorker` it is not started.
     * Throws a UserError: `invalid_selection`, `invalid_key`, `key_in_use`, `no_worker`, `no_temporal_server`.
     * @example
     * const run = await client.runs.start({
     *   selection: { kind: 'matching', filter: { account: 'acme', tags: ['import'] } }, idempotencyKey: 'import-4711',
     * });
     */
    async start(request: RunRequest): Promise<RunHandle> {
      return startRun(await context.temporal(), { ...request, taskQueue: context.taskQueue, onNote: context.note });
    },

    /**
     * Waits for the end of a run, named by its workflow id or handle, and returns how its deliveries ended. `onProgress`
     * hears how far it is about three times a second. Failed deliveries are in the result.
     * Throws a UserError `run_failed` if the run was cancelled, terminated or failed as a whole, and `unknown_run`.
     * @example const { delivered, failures } = await client.runs.follow(run);
     */
    async follow(
      run: string | RunHandle,
      onProgress: (progress: DispatchProgress) => void = () => {},
    ): Promise<DispatchProgress> {
      if (typeof run !== 'string') return followRun(run, onProgress);
      const client = await context.temporal();
      await describeRun(client, run);
      return followRun(client.workflow.getHandle(run), onProgress);
    },

    /**
     * How far a run is, and what holds it back; also of one that has ended. `claiming` while it looks for what is due. A worker answers within 15 seconds.
     * Throws a UserError: `run_not_running` if there is no such run, `not_a_run`, `no_answer` if no worker answers.
     * @example (await client.runs.progress(run.workflowId)).delivered
     */
    async progress(run: string): Promise<RunProgress> {
      return progressOf(await context.temporal(), run);
    },

    /**
     * Runs under way on the task queue, newest first; with `all` also those that have ended, as long as the server keeps them.
     * At most `limit`, 20 by default.
     * @example for (const { run, status } of await client.runs.list({ all: true })) console.log(run, status);
     */
    async list({ all = false, limit = 20 }: { all?: boolean | undefined; limit?: number | undefined } = {}): Promise<
      RunRow[]
    > {
      const client = await context.temporal();
      const query = `WorkflowType = '${WORKFLOWS.dispatch}'${all ? '' : " AND ExecutionStatus = 'Running'"}`;
      const found: WorkflowExecutionInfo[] = [];
      for await (const execution of client.workflow.list({ query })) {
        if (execution.taskQueue !== context.taskQueue) continue;
        found.push(execution);
        if (found.length === limit) break;
      }
      return Promise.all(found.map((execution) => rowOf(client, execution)));
    },

    /**
     * Cancels a run, waits until it has ended, and counts its deliveries by state. Posts already under way still finish.
     * Throws a UserError: `unknown_run`, `run_ended`.
     * @example const { cancelled = 0 } = await client.runs.cancel(run.workflowId);
     */
    async cancel(run: string): Promise<Partial<Record<DeliveryState, number>>> {
      const client = await context.temporal();
      await checkUnderWay(client, run);
      const handle = client.workflow.getHandle(run);
      await handle.cancel();
      // It ends as cancelled, which throws.
      await handle.result().catch(() => undefined);
      return (await context.store()).deliveries.countByState({ dispatchId: run });
    },

    /**
     * Starts no more deliveries of a run; those under way continue. Returns once the run and its partitions know.
     * Throws a UserError: `run_not_running`, `not_a_run`, `no_answer`.
     * @example await client.runs.pause(run.workflowId);
     */
    async pause(run: string): Promise<Control> {
      return controlRun(await context.temporal(), run, { kind: 'pause' });
    },

    /**
     * Continues a paused run. Throws as `pause` does.
     * @example await client.runs.unpause(run.workflowId);
     */
    async unpause(run: string): Promise<Control> {
      return controlRun(await context.temporal(), run, { kind: 'unpause' });
    },

    /**
     * How many deliveries of a run may be under way at once: 1 to 500. Throws as `pause` does, and `refused` for another number.
     * @example await client.runs.setConcurrency(run.workflowId, 10);
     */
    async setConcurrency(run: string, concurrency: number): Promise<Control> {
      return controlRun(await context.temporal(), run, { kind: 'set_concurrency', concurrency });
    },
  };
}

async function rowOf(client: Client, { workflowId, status, startTime }: WorkflowExecutionInfo): Promise<RunRow> {
  const isRunning = status.name === 'RUNNING';
  // Without a worker the list shows the run without its progress.
  const progress = isRunning ? await progressOf(client, workflowId).catch(() => undefined) : undefined;
  const claims = progress?.claiming === true ? 'CLAIMING' : undefined;
  const shown = progress?.paused === true ? 'PAUSED' : (claims ?? status.name);
  return { run: workflowId, status: shown, started: startTime.toISOString(), progress };
}

async function describeRun(client: Client, run: string) {
  try {
    return await client.workflow.getHandle(run).describe();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw UserError.failure('unknown_run', `There is no run "${run}"`, {
      hint: 'See those under way with `slack-reports runs list`.',
      cause: error,
    });
  }
}

/** Throws a UserError for a run that does not exist, or has ended. */
export async function checkUnderWay(client: Client, run: string): Promise<void> {
  const { status } = await describeRun(client, run);
  if (status.name === 'RUNNING') return;
  throw UserError.failure('run_ended', `Run "${run}" has already ended (${status.name.toLowerCase()})`);
}
