import { type ActivityOptions, CancellationScope, isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, postingActivities, reasonOf } from './posting.ts';

/** How the posts of a thread ended: how many are in their channel, and how many are not, or may not be. */
export interface ThreadEnd {
  delivered: number;
  missing: number;
}

const UPLOAD_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  // A report is not kept waiting for its pictures any longer.
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 6 },
};

const { closeThread } = proxyActivities<Activities>({ startToCloseTimeout: '30 seconds' });

/** Uploads what the message and its thread show. A report without its picture is better than none, so this does not fail. */
export async function uploadFiles(deliveryId: string): Promise<void> {
  try {
    await postingActivities(UPLOAD_OPTIONS).uploadFiles({ deliveryId });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('The report goes out without all of its files', reasonOf(error));
  }
}

/** Posts the thread under a message that is delivered, and delivered it stays, whatever becomes of the thread. */
export async function postThread(deliveryId: string, parts: number): Promise<ThreadEnd> {
  const { postPart } = postingActivities();
  let delivered = 0;
  for (let nr = 1; nr <= parts; nr += 1) {
    try {
      const { state } = await postPart({ deliveryId, nr });
      if (state === 'delivered') delivered += 1;
    } catch (error) {
      const cancelled = isCancellation(error);
      const what = cancelled ? { deliveryId } : { deliveryId, nr };
      await CancellationScope.nonCancellable(() => closeThread({ ...what, ...reasonOf(error) }));
      if (cancelled) break;
    }
  }
  return { delivered, missing: parts - delivered };
}
