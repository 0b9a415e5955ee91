import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ClaimedDelivery, Selection, Share } from '../store/claims.ts';
import type { Dependencies } from './dependencies.ts';
import { delayOf, recordDroppedFires } from './fires-of-schedules.ts';

export type { ClaimedDelivery, Selection, Share };

export interface ClaimRequest {
  /** Workflow id of the dispatch. */
  runId: string;
  /** ISO 8601. */
  nominalTime: string;
  /** When Temporal started the run, ISO 8601; a worker may have come later. */
  startedAt: string;
  selection: Selection;
  /** What the run is for, where it was asked for with a key. */
  key?: string | undefined;
  /** Posts are spread over so many seconds. */
  windowS?: number | undefined;
}

export interface Claimed {
  /** Deliveries that this run has to see to; numbered from 0 in the order of their slots. */
  due: number;
  /** Of them, those that go out late. */
  late: number;
  /** Those found too late to go out. */
  missed: number;
  /** How many children of a run may live at once, as this worker is configured. */
  maxLive: number;
}

/** Deliveries cancelled between two looks at the ledger. */
const CANCEL_PAGE = 500;
const CANCELLED = { code: 'cancelled', message: 'The run was cancelled before this was posted' };

export function dispatchActivities({ store, maxLive }: Dependencies) {
  return {
    /** Writes everything due into the ledger, before anything is posted. */
    async claimDue({ nominalTime, startedAt, ...request }: ClaimRequest): Promise<Claimed> {
      const { heartbeat } = Context.current();
      const nominal = new Date(nominalTime);
      const what = { ...request, nominal, now: new Date() };
      const { selection, runId } = request;
      if (!('schedule' in selection)) return { ...(await store.claims.claimDue(what, () => heartbeat())), maxLive };
      await recordDroppedFires(store, runId);
      const endedRuns = await findEndedRuns();
      const delay = await delayOf({ scheduleId: selection.schedule, nominal, startedAt: new Date(startedAt) });
      const found = await store.claims.claimDue({ ...what, endedRuns, delay }, () => heartbeat());
      return { ...found, maxLive };
    },

    /** What is open of a share of the run: ids and what the Web UI shows, never report data. */
    async shareOf({ runId, share }: { runId: string; share: Share }): Promise<ClaimedDelivery[]> {
      return store.claims.share(runId, share);
    },

    /** The run was cancelled: what it had claimed and nobody has begun to post is cancelled in the ledger. */
    async cancelRest({ runId }: { runId: string }): Promise<void> {
      for (let after = ''; ;) {
        const ids = await store.claims.open(runId, after, CANCEL_PAGE);
        for (const id of ids) await store.ledger.markCancelled(id, CANCELLED);
        const last = ids.at(-1);
        if (last === undefined) return;
        after = last;
        Context.current().heartbeat();
      }
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
