import {
  type Client,
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { messageOf, UserError } from './errors.ts';
import { type Control, MAX_LIVE, pauseUpdate, resumeUpdate, setPaceUpdate } from './workflows/control.ts';
import { subjectOf } from './workflows/ids.ts';
import { add, progressQuery, type RunProgress } from './workflows/progress.ts';

/** How long a worker may take to answer, in milliseconds. */
const ANSWER_MS = 15_000;

export type Change = 'pause' | 'resume' | { maxLive: number };

/**
 * Changes how a run under way goes on, and returns when it and its parts know. Throws a UserError where there is no such
 * run, where it has ended, and where no worker answers.
 */
export async function controlRun(client: Client, runId: string, change: Change): Promise<Control> {
  checkRunId(runId);
  const handle = client.workflow.getHandle(runId);
  return asking(client, runId, () => {
    if (change === 'pause') return handle.executeUpdate(pauseUpdate);
    if (change === 'resume') return handle.executeUpdate(resumeUpdate);
    return handle.executeUpdate(setPaceUpdate, { args: [change] });
  });
}

/** How far a run is, with its parts under way counted in. Throws as `controlRun` does, but tells of ended runs too. */
export async function progressOf(client: Client, runId: string): Promise<RunProgress> {
  checkRunId(runId);
  const ask = (id: string) => client.workflow.getHandle(id).query(progressQuery);
  return asking(client, runId, async () => {
    const run = await ask(runId);
    const parts = await Promise.allSettled((run.parts ?? []).map(ask));
    // A part that has ended meanwhile is in the run's own count next time.
    for (const part of parts) if (part.status === 'fulfilled') include(run, part.value);
    return run;
  });
}

function include(run: RunProgress, part: RunProgress): void {
  add(run, part);
  if (part.oldest !== undefined && (run.oldest === undefined || part.oldest.slot < run.oldest.slot)) {
    run.oldest = part.oldest;
  }
}

function checkRunId(runId: string): void {
  const subject = subjectOf(runId);
  if ('run' in subject && subject.run === runId) return;
  const what = 'run' in subject ? `a part of the run ${subject.run}` : 'a delivery';
  throw new UserError('not_a_run', `${runId} is ${what}`, {
    hint: 'A run is named as `slack-reports runs list` shows it; its parts follow it.',
  });
}

async function asking<Answer>(client: Client, runId: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await client.withDeadline(Date.now() + ANSWER_MS, ask);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new UserError('run_not_running', `No run ${runId} is under way`, {
        hint: 'See those that are with `slack-reports runs list`.',
        exitCode: 1,
        cause: error,
      });
    }
    if (error instanceof WorkflowUpdateFailedError) {
      throw new UserError('refused', `The run did not do it: ${messageOf(error.cause ?? error)}`, { cause: error });
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcServiceError(error)) {
      throw new UserError('no_answer', `Run ${runId} did not answer (${messageOf(error)})`, {
        hint: 'A worker has to be running: `npm run worker`. See `slack-reports doctor`.',
        exitCode: 1,
        cause: error,
      });
    }
    throw error;
  }
}

/** Throws a UserError where it is no number of deliveries that may be under way. */
export function parseMaxLive(text: string): number {
  const maxLive = Number(text);
  if (/^\d+$/.test(text) && maxLive >= 1 && maxLive <= MAX_LIVE) return maxLive;
  throw new UserError('invalid_pace', `"${text}" is no whole number from 1 to ${MAX_LIVE}`);
}
