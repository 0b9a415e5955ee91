import { setTimeout as sleep } from 'node:timers/promises';
import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { ApplicationFailure, noopMetricMeter } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import { messageOf } from '../lib/errors.ts';
import type { Store } from '../store/open.ts';

/** Tries of one activity: more than any fault of a test needs. */
const ATTEMPTS_MAX = 10;
/** Between two tries, in milliseconds, where the activity names no time itself. */
const RETRY_MS = 50;

const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** What the workflow `deliver` does, in this process and without a server: loads, uploads, posts, and posts the thread. */
export async function deliverInProcess(activities: Activities, store: Store, deliveryId: string): Promise<void> {
  const isThere = await attempt(store, deliveryId, async () => {
    const loaded = await retried((nr) => within(nr, () => activities.loadReport({ deliveryId })));
    if (loaded.kind === 'skipped') return;
    // A report without its picture is better than none.
    if (loaded.files > 0) await within(0, () => activities.uploadFiles({ deliveryId })).catch(() => undefined);
    await retried((nr) => within(nr, () => activities.postMessage({ deliveryId })));
  });
  if (!isThere) return;
  for (const { id } of await store.deliveries.thread(deliveryId)) {
    await attempt(store, id, () => retried((nr) => within(nr, () => activities.postMessage({ deliveryId: id }))));
  }
}

/** The ledger has the outcome of a post; of a report that could not be made it gets it here. */
async function attempt(store: Store, id: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const code = error instanceof ApplicationFailure ? (error.type ?? 'failed') : 'failed';
    await store.ledger.markFailed(id, { code, message: messageOf(error) });
    return false;
  }
}

async function retried<Result>(work: (attempt: number) => Promise<Result>): Promise<Result> {
  for (let nr = 1; ; nr += 1) {
    try {
      return await work(nr);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable === true || nr === ATTEMPTS_MAX) throw error;
      await sleep(typeof error.nextRetryDelay === 'number' ? error.nextRetryDelay : RETRY_MS);
    }
  }
}

function within<Result>(attemptNr: number, work: () => Promise<Result>): Promise<Result> {
  const info = { attempt: attemptNr, isLocal: false, taskQueue: 'test', namespace: 'test' } as Info;
  const { signal } = new AbortController();
  const never = new Promise<never>(() => {});
  const context = new Context(info, never, signal, () => {}, undefined, SILENT, noopMetricMeter, {});
  return asyncLocalStorage.run(context, work);
}
