import { openStore, type Store } from '../../src/store/open.ts';
import { activitiesInProcess, deliverInProcess } from '../../src/testing/in-process.ts';

/** How long after a lost answer the channel is read, in milliseconds. */
export const SETTLE_MS = 1_000;

/** Delivers as a worker does, over a store that others use too. */
export function delivererOf(store: Store, sandboxUrl: string) {
  const apiUrl = 'https://slack.invalid/api/';
  const worker = activitiesInProcess(store, {
    apiUrl,
    sandboxUrl,
    findReport: () => undefined,
    settleMs: SETTLE_MS,
  });
  return (id: string) => deliverInProcess(worker, store, id);
}

/** `node posting-process.ts <database> <sandbox> <at once>` delivers the ids that it is told, some at once; until it is killed. */
if (import.meta.main) {
  const [databaseUrl = '', sandboxUrl = '', atOnce = '1'] = process.argv.slice(2);
  const store = await openStore(databaseUrl);
  const deliver = delivererOf(store, sandboxUrl);
  process.once('message', (ids: string[]) => {
    const queue = ids.values();
    const lane = async (): Promise<void> => {
      // What goes wrong here is for the other worker to settle.
      for (const id of queue) await deliver(id).catch(() => undefined);
    };
    void Promise.all(Array.from({ length: Number(atOnce) }, lane));
  });
  process.send?.('ready');
}
