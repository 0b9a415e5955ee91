import { ApplicationFailure, Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { AfterRun, Claimed, ClaimedDelivery, ClaimRequest, Partition } from '../contract/dispatch.ts';
import { checkSelection, type Selection } from '../domain/selection.ts';
import { messageOf, UserError } from '../lib/errors.ts';
import { followDue } from '../scheduling/follow-due.ts';
import { TICK } from '../scheduling/managed.ts';
import { areRegistered } from '../temporal/search-attributes.ts';
import type { Found } from '../store/claims/plan.ts';
import type { Dependencies } from './dependencies.ts';
import type { ChannelHistory } from '../slack/history.ts';
import { workspaceReleases } from './release-workspaces.ts';
import { type FireSeen, lookAtFire, recordDroppedFires } from './record-missed-fires.ts';
import { recheckUnconfirmed } from './recheck-unconfirmed.ts';
import { waitAtMost, withHeartbeat } from './support.ts';

/** Deliveries cancelled in one statement: short enough that another writer does not wait. */
const CANCEL_PAGE = 500;
const CANCELLED = { code: 'cancelled', message: 'The run was cancelled before this was posted' };

/** Stalled runs that Temporal is asked about at once, and by one claim: a describe each. */
const [STALLED_PAGE, STALLED_MAX] = [20, 200];

/** Attempts of a claim that fail if a schedule can't be looked at or brought up to date; the next goes on without. */
const FOLLOW_ATTEMPTS = 3;
/** A fire of `tick` this far ahead takes over the deliveries of a run that starts now, in milliseconds. */
const [LOOK_MIN_MS, LOOK_MAX_MS] = [30_000, 3 * 60_000];

/** Slack may hang for a parked workspace; the claim waits no longer for it, in milliseconds. */
const RELEASE_PATIENCE_MS = 5_000;

/** A little less than a day, so that the time of the day does not wander, in milliseconds. */
const PRUNE_EVERY_MS = 23 * 3_600_000;

export function claimDueActivities(dependencies: Dependencies, history: ChannelHistory) {
  const { store, concurrency, metrics, hidesNames, fastPath, notificationSources: sources } = dependencies;
  const { owner, ledgerRetentionMs, sendHeartbeat } = dependencies;
  const releases = workspaceReleases(dependencies);
  /** The next fire of `tick`, as this process saw it last. */
  let nextLook: Date | undefined;
  /** The last stalled run that this process asked Temporal about; those after it are next. */
  let stalledAfter = '';

  return {
    /** Writes everything due into the ledger, before anything is posted. */
    async claimDue({ nominalTime, startedAt, dispatchId, ...request }: ClaimRequest): Promise<Claimed> {
      const nominal = new Date(nominalTime);
      const { selection, ...how } = request;
      await refuseInvalid(() => checkSelection(selection));
      const what = { selection, dispatchId, ...how, nominal, now: new Date(), sources };
      const { failedSources = [], ...found } = await withHeartbeat(async (beat) => {
        if (selection.kind === 'due') await recordDroppedFires(store, dispatchId, beat);
        const ofTick = selection.kind === 'due' && {
          endedRuns: await findEndedRuns(),
          ...(await lookAt({ scheduleId: selection.schedule, nominal, startedAt: new Date(startedAt) })),
        };
        const [claimed] = await Promise.all([
          refuseInvalid(() => store.claims.claimDue({ ...what, ...ofTick }, beat)),
          selection.kind === 'parked' ? undefined : waitAtMost(RELEASE_PATIENCE_MS, releases.releaseAll()),
          selection.kind === 'due' ? recheckUnconfirmed(dependencies, history) : undefined,
        ]);
        await follow(selection, nominal, claimed);
        return claimed;
      });
      metrics.claimed(found);
      if (selection.kind === 'due') await recordDispatch();
      for (const failed of failedSources) {
        metrics.sourceFailed(failed);
        Context.current().log.error('A source could not be read', { ...failed });
      }
      const searchable = found.due > 0 && !hidesNames && (await isSearchable());
      const after = await afterRun(selection);
      return { ...found, concurrency, fastPath, searchable, ...(after !== undefined && { after }) };
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

  /** For the alert that fires when nothing is due any more, and the dead man's switch. */
  async function recordDispatch(): Promise<void> {
    const now = new Date();
    await store.milestones.reach('last_dispatch', now);
    metrics.dispatched(now);
    sendHeartbeat();
  }

  async function afterRun(selection: Selection): Promise<AfterRun | undefined> {
    const owners = await store.owners.need(owner !== undefined);
    const isPruning = selection.kind === 'due' && ledgerRetentionMs !== undefined && (await isPruneDue());
    if (owners === undefined && !isPruning) return undefined;
    return { ...(owners !== undefined && { owners }), ...(isPruning && { prune: true }) };
  }

  async function isPruneDue(): Promise<boolean> {
    const last = await store.milestones.at('last_prune');
    return last === undefined || Date.now() - last.getTime() > PRUNE_EVERY_MS;
  }

  /**
   * Brings the times of the schedule `tick` up to date: own recurrences have other next times now, and if this run is
   * terminated, a fire has to take over its deliveries. Only late fires depend on it, so it doesn't stop a run for long.
   */
  async function follow(selection: Selection, nominal: Date, { due, missed }: Found): Promise<void> {
    const isTick = selection.kind === 'due' && selection.schedule === TICK;
    // Own recurrences that another schedule's run claims are due at a fire of `tick`, too, which plans again.
    if (!isTick && (due === 0 || isLookedAfter())) return;
    const { client, info, log } = Context.current();
    const fired = isTick ? { nominal, found: due + missed > 0 } : undefined;
    try {
      nextLook = await followDue(client, info.taskQueue, { readNeeds: store.dueTimes.needs, fired });
    } catch (error) {
      if (info.attempt < FOLLOW_ATTEMPTS) throw error;
      log.warn(`Cannot update the times of the schedule ${TICK}`, { error: messageOf(error) });
    }
  }

  /** A fire that comes about when this run's deliveries need it. */
  function isLookedAfter(): boolean {
    const inMs = (nextLook?.getTime() ?? 0) - Date.now();
    return inMs > LOOK_MIN_MS && inMs <= LOOK_MAX_MS;
  }

  /**
   * A run that was terminated, or reset to another id, leaves its deliveries open; the next tick takes them up. Where there are
   * more stalled runs than one claim asks Temporal about, the next claim goes on after them.
   */
  async function findEndedRuns(): Promise<string[]> {
    const ended: string[] = [];
    for (let asked = 0; asked < STALLED_MAX;) {
      const stalled = await store.claims.stalledDispatches({ after: stalledAfter, limit: STALLED_PAGE });
      const running = await Promise.all(stalled.map(isRunning));
      ended.push(...stalled.filter((_, index) => running[index] === false));
      asked += stalled.length;
      const isLast = stalled.length < STALLED_PAGE;
      stalledAfter = isLast ? '' : (stalled.at(-1) ?? '');
      if (isLast) break;
    }
    return ended;
  }
}

/** A schedule that can't be looked at doesn't stop its run for long. */
async function lookAt(run: { scheduleId: string | null; nominal: Date; startedAt: Date }): Promise<FireSeen> {
  const { scheduleId } = run;
  if (scheduleId === null) return {};
  const { info, log } = Context.current();
  try {
    return await lookAtFire({ ...run, scheduleId });
  } catch (error) {
    if (info.attempt < FOLLOW_ATTEMPTS) throw error;
    log.warn(`Cannot check the schedule ${scheduleId}`, { error: messageOf(error) });
    return {};
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
