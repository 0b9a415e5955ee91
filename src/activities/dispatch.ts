import { Context } from '@temporalio/activity';
import type { ClaimedDelivery, Selection } from '../store/claims.ts';
import type { Dependencies } from './dependencies.ts';

export type { ClaimedDelivery, Selection };

export interface ClaimRequest {
  /** Workflow id of the dispatch. */
  runId: string;
  /** ISO 8601. */
  nominalTime: string;
  selection: Selection;
}

export interface PageRequest {
  runId: string;
  /** Id of the last delivery of the page before; empty for the first page. */
  after: string;
  limit: number;
}

/** Deliveries cancelled between two looks at the ledger. */
const CANCEL_PAGE = 500;
const CANCELLED = { code: 'cancelled', message: 'The run was cancelled before this was posted' };

export function dispatchActivities({ store }: Dependencies) {
  return {
    /** Writes everything due into the ledger, before anything is posted. Returns how many this run has to see to. */
    async claimDue({ runId, nominalTime, selection }: ClaimRequest): Promise<number> {
      const { heartbeat } = Context.current();
      return store.claims.claimDue({ runId, nominal: new Date(nominalTime), selection }, () => heartbeat());
    },

    /** The run was cancelled: what it had claimed and nobody has begun to post is cancelled in the ledger. */
    async cancelRest({ runId }: { runId: string }): Promise<void> {
      for (let after = ''; ;) {
        const page = await store.claims.page(runId, after, CANCEL_PAGE);
        for (const { id } of page) await store.ledger.markCancelled(id, CANCELLED);
        const last = page.at(-1);
        if (last === undefined) return;
        after = last.id;
      }
    },

    /** The next of the run's deliveries that have not ended: ids and what the Web UI shows, never report data. */
    async nextPage({ runId, after, limit }: PageRequest): Promise<ClaimedDelivery[]> {
      return store.claims.page(runId, after, limit);
    },
  };
}
