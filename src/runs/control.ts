import {
  type Client,
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { messageOf, UserError } from '../lib/errors.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { Control, RunProgress } from '../contract/dispatch.ts';
import { CONCURRENCY_MAX, pauseUpdate, setConcurrencyUpdate, unpauseUpdate } from '../workflows/controls.ts';
import { subjectOf } from '../contract/ids.ts';
import { add, progressQuery } from '../workflows/progress.ts';

/** How long a worker may take to answer, in milliseconds. */
const ANSWER_MS = 15_000;

type Change = { kind: 'pause' } | { kind: 'unpause' } | { kind: 'set_concurrency'; concurrency: number };

/**
 * Changes how a run under way goes on, and returns when it and its partitions know. Throws a UserError where there is no such
 * run, where it has ended, and where no worker answers.
 */
export async function controlRun(client: Client, dispatchId: string, change: Change): Promise<Control> {
  checkDispatchId(dispatchId);
  const handle = client.workflow.getHandle(dispatchId);
  return asking(client, dispatchId, () => {
    switch (change.kind) {
      case 'pause':
        return handle.executeUpdate(pauseUpdate);
      case 'unpause':
        return handle.executeUpdate(unpauseUpdate);
      case 'set_concurrency':
        return handle.executeUpdate(setConcurrencyUpdate, { args: [{ concurrency: change.concurrency }] });
      default:
        return assertNever(change);
    }
  });
}

/** How far a run is, with its partitions under way counted in. Throws as `controlRun` does, but answers for ended runs too. */
export async function progressOf(client: Client, dispatchId: string): Promise<RunProgress> {
  checkDispatchId(dispatchId);
  const ask = (id: string) => client.workflow.getHandle(id).query(progressQuery);
  return asking(client, dispatchId, async () => {
    const run = await ask(dispatchId);
    const partitions = await Promise.allSettled((run.partitions ?? []).map(ask));
    // A partition that has ended meanwhile is in the run's own count next time.
    for (const answer of partitions) if (answer.status === 'fulfilled') include(run, answer.value);
    return run;
  });
}

function include(run: RunProgress, partition: RunProgress): void {
  add(run, partition);
  const { oldest } = partition;
  if (oldest !== undefined && (run.oldest === undefined || oldest.slot < run.oldest.slot)) run.oldest = oldest;
}

function checkDispatchId(id: string): void {
  const subject = subjectOf(id);
  if (subject.kind === 'run' && subject.run === id) return;
  const what = subject.kind === 'run' ? `a partition of the run ${subject.run}` : 'a delivery';
  throw UserError.input('not_a_run', `${id} is ${what}`, {
    hint: 'A run is named as `slack-reports runs list` shows it; its partitions follow it.',
  });
}

async function asking<Answer>(client: Client, dispatchId: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await client.withDeadline(Date.now() + ANSWER_MS, ask);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw UserError.failure('run_not_running', `No run ${dispatchId} is under way`, {
        hint: 'See those that are with `slack-reports runs list`.',
        cause: error,
      });
    }
    if (error instanceof WorkflowUpdateFailedError) {
      throw UserError.input('refused', `The run did not do it: ${messageOf(error.cause ?? error)}`, { cause: error });
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcServiceError(error)) {
      throw UserError.failure('no_answer', `Run ${dispatchId} did not answer (${messageOf(error)})`, {
        hint: 'A worker has to be running: `npm run worker`. See `slack-reports doctor`.',
        cause: error,
      });
    }
    throw error;
  }
}

/** Throws a UserError where it is no number of deliveries that may be under way. */
export function parseConcurrency(text: string): number {
  const concurrency = Number(text);
  if (/^\d+$/.test(text) && concurrency >= 1 && concurrency <= CONCURRENCY_MAX) return concurrency;
  throw UserError.input('invalid_concurrency', `"${text}" is no whole number from 1 to ${CONCURRENCY_MAX}`);
}
