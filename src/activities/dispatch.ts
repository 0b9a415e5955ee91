import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Selection } from '../contract/selection.ts';
import type { ClaimedDelivery, Share } from '../store/claims.ts';
import { areRegistered } from '../search-attributes.ts';
import type { Dependencies } from './dependencies.ts';
import { delayOf, recordDroppedFires } from './fires-of-schedules.ts';
import { withHeartbeat } from './heartbeat.ts';

export type { ClaimedDelivery, Share };

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
  spreadWindowS?: number | undefined;
  /** What begins later than so many seconds after the nominal time is missed. */
  catchUpWindowS?: number | undefined;
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
  /** The server knows the search attributes of deliveries. */
  searchable: boolean;
}

/** Deliveries cancelled in one statement: short enough that another writer does not wait. */
const CANCEL_PAGE = 500;
const CANCELLED = { code: 'cancelled', message: 'The run was cancelled before this was posted' };

export function dispatchActivities({ store, maxLive, metrics, hidesNames }: Dependencies) {
  return {
    /** Writes everything due into the ledger, before anything is posted. */
    async claimDue({ nominalTime, startedAt, ...request }: ClaimRequest): Promise<Claimed> {
      const nominal = new Date(nominalTime);
      const what = { ...request, nominal, now: new Date() };
      const { selection, runId } = request;
      // A page of SQLite's lets no timer through, and of a million one statement on Postgres takes minutes: both beat.
      const found = await withHeartbeat(async (beat) => {
        if (selection.kind === 'due') await recordDroppedFires(store, runId);
        const ofTick = selection.kind === 'due' && {
          endedRuns: await findEndedRuns(),
          delay: await delayOf({ scheduleId: selection.schedule, nominal, startedAt: new Date(startedAt) }),
        };
        return store.claims.claimDue({ ...what, ...ofTick }, beat);
      });
      metrics.claimed(found);
      return { ...found, maxLive, searchable: found.due > 0 && !hidesNames && (await isSearchable()) };
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
    const stalled = await store.claims.stalledDispatches();
    const running = await Promise.all(stalled.map(isRunning));
    return stalled.filter((_, index) => running[index] === false);
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
