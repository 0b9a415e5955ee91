import { CancellationScope, isCancellation, log, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { ClaimedDelivery, DispatchState } from '../contract/dispatch.ts';
import { reasonOf } from './outcome.ts';
import { runDelivery } from './partition.ts';
import { slidingWindow } from './sliding-window.ts';

/** What these do not do now, the end of the next run does: nothing of it is lost, so they are not tried forever. */
const RETRY = { initialInterval: '2 seconds', maximumInterval: '1 minute', maximumAttempts: 8 } as const;

const { slackReportsTellOwners: tellOwners } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  summary: 'Find out what owners have to hear',
  retry: RETRY,
});

const { slackReportsPruneLedger: pruneLedger } = proxyActivities<Activities>({
  // Longer than one day's share may take.
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '1 minute',
  summary: 'Delete old deliveries from the ledger',
  retry: RETRY,
});

/** Notices under way at once. */
const NOTICES_AT_ONCE = 20;
/** Calls for notices of one run: pages beyond this number are left to the next run. */
const PAGES_MAX = 20;

/** What is left to do when everything of the run is delivered. It fails no run. */
export async function finishRun(dispatchId: string, state: DispatchState): Promise<void> {
  const { progress, after } = state;
  const troubles = progress.failed + progress.parked + progress.unconfirmed + progress.missed;
  try {
    if (after?.owners === 'look' || (after?.owners === 'watch' && troubles > 0))
      await deliverNotices(dispatchId, state);
    if (after?.prune === true) await pruneLedger();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('Left to the end of the next run', reasonOf(error));
  }
}

async function deliverNotices(dispatchId: string, state: DispatchState): Promise<void> {
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { notices, more } = await tellOwners({ dispatchId });
    const left = [...notices];
    await slidingWindow(
      { isEmpty: () => left.length === 0, isReady: () => left.length > 0, take: () => left.shift()! },
      () => NOTICES_AT_ONCE,
      (notice) => deliverNotice(notice, state),
    );
    if (!more) return;
  }
}

/** One that does not arrive is in the ledger, and the next look finds it. */
async function deliverNotice(notice: ClaimedDelivery, state: DispatchState): Promise<void> {
  try {
    for (;;) {
      const result = await runDelivery(notice, state);
      if (result.kind !== 'waits') return;
      const summary = `Wait for a slot of ${notice.channel}`;
      await sleep(Math.max(1, Date.parse(result.until) - Date.now()), { summary });
    }
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    log.info('A notice did not arrive', reasonOf(error));
  }
}
