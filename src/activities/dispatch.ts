import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ClaimedDelivery, Selection, Share } from '../store/claims.ts';
import type { Dependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';

export type { ClaimedDelivery, Selection, Share };

export interface ClaimRequest {
  /** Workflow id of the dispatch. */
  runId: string;
  /** ISO 8601. */
  nominalTime: string;
  selection: Selection;
  /** What the run is for, where it was asked for with a key. */
  key?: string | undefined;
  /** Posts are spread over so many seconds. */
  windowS?: number | undefined;
}

export interface Claimed {
  /** Deliveries that this run has to see to; numbered from 0 in the order of their slots. */
  due: number;
  /** How many children of a run may live at once, as this worker is configured. */
  maxLive: number;
}

/** Deliveries cancelled in one statement: short enough that another writer does not wait. */
const CANCEL_PAGE = 500;
const CANCELLED = { code: 'cancelled', message: 'The run was cancelled before this was posted' };

export function dispatchActivities({ store, maxLive }: Dependencies) {
  return {
    /** Writes everything due into the ledger, before anything is posted. */
    async claimDue({ nominalTime, ...request }: ClaimRequest): Promise<Claimed> {
      const { heartbeat } = Context.current();
      const nominal = new Date(nominalTime);
      const endedRuns = 'schedule' in request.selection ? await findEndedRuns() : [];
      // A page of SQLite's lets no timer through, and of a million one statement on Postgres takes minutes: both beat.
      const due = await withHeartbeat(() =>
        store.claims.claimDue({ ...request, nominal, endedRuns }, () => heartbeat()),
      );
      return { due, maxLive };
    },

    /** What is open of a share of the run: ids and what the Web UI shows, never report data. */
    async shareOf({ runId, share }: { runId: string; share: Share }): Promise<ClaimedDelivery[]> {
      return store.claims.share(runId, share);
    },

    /** The run was cancelled: what it had claimed and nobody has begun to post is cancelled in the ledger. */
    async cancelRest({ runId }: { runId: string }): Promise<void> {
      while ((await store.ledger.cancelPending(runId, CANCELLED, CANCEL_PAGE)) > 0) Context.current().heartbeat();
    },
  };

  /** A run that was terminated, or reset to another id, leaves its deliveries open; the next tick takes them up. */
  async function findEndedRuns(): Promise<string[]> {
    const doubtful = await store.claims.doubtfulRuns();
    const running = await Promise.all(doubtful.map(isRunning));
    return doubtful.filter((_, index) => running[index] === false);
  }
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
