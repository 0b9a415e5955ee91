import { ApplicationFailure, Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Claimed, ClaimedDelivery, ClaimRequest, Partition } from '../contract/dispatch.ts';
import { checkSelection } from '../domain/selection.ts';
import { UserError } from '../lib/errors.ts';
import { areRegistered } from '../temporal/search-attributes.ts';
import type { Dependencies } from './dependencies.ts';
import { delayOf, recordDroppedFires } from './record-missed-fires.ts';
import { withHeartbeat } from './support.ts';

/** Deliveries cancelled in one statement: short enough that another writer does not wait. */
const CANCEL_PAGE = 500;
const CANCELLED = { code: 'cancelled', message: 'The run was cancelled before this was posted' };

export function claimDueActivities({ store, concurrency, metrics, hidesNames }: Dependencies) {
  return {
    /** Writes everything due into the ledger, before anything is posted. */
    async claimDue({ nominalTime, startedAt, dispatchId, ...request }: ClaimRequest): Promise<Claimed> {
      const nominal = new Date(nominalTime);
      const { selection, ...how } = request;
      await refuseInvalid(() => checkSelection(selection));
      const what = { selection, dispatchId, ...how, nominal, now: new Date() };
      // A page of SQLite's lets no timer through, and of a million one statement on Postgres takes minutes: both beat.
      const found = await withHeartbeat(async (beat) => {
        if (selection.kind === 'due') await recordDroppedFires(store, dispatchId);
        const ofTick = selection.kind === 'due' && {
          endedRuns: await findEndedRuns(),
          delay: await delayOf({ scheduleId: selection.schedule, nominal, startedAt: new Date(startedAt) }),
        };
        return refuseInvalid(() => store.claims.claimDue({ ...what, ...ofTick }, beat));
      });
      metrics.claimed(found);
      return { ...found, concurrency, searchable: found.due > 0 && !hidesNames && (await isSearchable()) };
    },

    /** The open deliveries of a partition of the run. */
    async listPartition(what: { dispatchId: string; partition: Partition }): Promise<ClaimedDelivery[]> {
      return store.claims.listPartition(what.dispatchId, what.partition);
    },

    /** The run was cancelled: what it had claimed and not begun to post is cancelled in the ledger. */
    async cancelRest({ dispatchId }: { dispatchId: string }): Promise<void> {
      while ((await store.ledger.cancelPending(dispatchId, CANCELLED, CANCEL_PAGE)) > 0) Context.current().heartbeat();
    },
  };

  /** A run that was terminated, or reset to another id, leaves its deliveries open; the next tick takes them up. */
  async function findEndedRuns(): Promise<string[]> {
    const stalled = await store.claims.stalledDispatches();
    const running = await Promise.all(stalled.map(isRunning));
    return stalled.filter((_, index) => running[index] === false);
  }
}

/** An error of the user's stays one: the run fails at once instead of retrying forever. */
async function refuseInvalid<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

/** Asked for each run, so that `setup` takes effect at once, and a server that forgot them harms nothing. */
async function isSearchable(): Promise<boolean> {
  const { client, info } = Context.current();
  return areRegistered(client, info.namespace);
}

async function isRunning(workflowId: string): Promise<boolean> {
  try {
    const { status } = await Context.current().client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    // Gone after the namespace's retention: it has ended long ago.
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
