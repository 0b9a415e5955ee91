import { Context } from '@temporalio/activity';
import { messageOf } from '../lib/errors.ts';
import type { ChannelHistory, Sighting } from '../slack/history.ts';
import { TokenError } from '../slack/tokens.ts';
import { droppedThread } from '../store/ledger/thread.ts';
import type { Work } from '../store/ledger/work.ts';
import type { Dependencies } from './dependencies.ts';
import { lookOf, PLACES } from './look-up.ts';
import { waitAtMost } from './support.ts';

/** Unconfirmed deliveries that one run of a schedule looks up. */
const LOOKS_MAX = 100;
/** A claim waits no longer for Slack, in milliseconds; what is read after that helps the next run. */
const PATIENCE_MS = 5_000;
/** The second look, and one that Slack's limits stopped, are left to a run that comes this much later, in milliseconds. */
const SOON_MS = 60_000;

/**
 * Looks up deliveries that ended as unconfirmed, because their channel could not be read for as long as a report is worth
 * posting. Found, they are delivered; absent twice, they are failed, since it is too late to post them without being asked.
 * A delivery that cannot be looked up stays as it is, and delays nothing.
 */
export async function recheckUnconfirmed(
  { store, slack, settleMs }: Pick<Dependencies, 'store' | 'slack' | 'settleMs'>,
  history: ChannelHistory,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const { ledger } = store;
  const { log } = Context.current();
  const ids = await ledger.takeRechecks(new Date(), LOOKS_MAX);
  if (ids.length === 0) return;
  await waitAtMost(patienceMs, Promise.all(ids.map(settle)));

  async function settle(id: string): Promise<void> {
    try {
      const work = await store.work.find(id);
      if (work?.delivery.state !== 'unconfirmed') return;
      const { workspace } = work;
      if (workspace === undefined) return;
      await record(work, await history.find(await slack.of(workspace), lookOf(work, settleMs)));
    } catch (error) {
      // A token that is still missing is in the delivery's log already.
      if (!(error instanceof TokenError))
        log.warn('Cannot look up an unconfirmed delivery', { id, error: messageOf(error) });
    }
  }

  async function record({ delivery, isOneOff }: Work, sighting: Sighting): Promise<void> {
    const { id, notificationId, error } = delivery;
    switch (sighting.kind) {
      case 'found': {
        const found = await ledger.markFound(id, sighting.ts, droppedThread(delivery));
        if (found && isOneOff) await store.notifications.removeOneOff(notificationId);
        return;
      }
      case 'absent': {
        if (!(await ledger.recordStillAbsent(id))) return ledger.recheckBy(id, new Date(Date.now() + SOON_MS));
        const wasCancelled = error?.code === 'cancelled';
        const code = PLACES[delivery.kind].absent;
        const message = 'Looked up twice, later: it was not posted, and now it is too late to do so unasked';
        await ledger.markNotThere(id, wasCancelled ? 'cancelled' : 'failed', { code, message });
        return;
      }
      case 'unfinished':
        return ledger.recheckBy(id, new Date());
      case 'unreadable': {
        const { failure } = sighting;
        const isLimited = failure.kind === 'not_posted' && failure.retryAfterMs !== undefined;
        // How far it was read is kept for some time only, so the next run goes on soon.
        if (isLimited) return ledger.recheckBy(id, new Date(Date.now() + SOON_MS));
      }
    }
  }
}
