import { setTimeout as sleep } from 'node:timers/promises';
import type { Waits } from '../contract/delivery.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { Place } from '../store/pacing.ts';
import type { Dependencies } from './dependencies.ts';
import { final, whileWanted, WORTH_POSTING_MS } from './support.ts';

/**
 * A slot that comes within this time is waited for here, in milliseconds; else the delivery is started again then. One that
 * comes back at its place waits longer, so that it need not come a third time where the line moves slower than expected.
 */
const WAIT_HERE_MS = { first: 8_000, afterPlace: 30_000, max: 60_000 };

/** How a delivery gets its slot, so that Slack's limits are kept: it waits here, or comes back at its place in the line. */
export function slots({ store: { ledger, pacing } }: Pick<Dependencies, 'store'>) {
  return { untilSlot, comeBack };

  /** Undefined once it has its slot; else when it is to be started again. */
  async function untilSlot(delivery: Delivery): Promise<Waits | undefined> {
    const { id, placeAt } = delivery;
    const planned = Date.parse(delivery.notBefore);
    const began = Date.now();
    const patience =
      placeAt === undefined
        ? began + WAIT_HERE_MS.first
        : Math.min(began + WAIT_HERE_MS.max, Math.max(began, Date.parse(placeAt)) + WAIT_HERE_MS.afterPlace);
    for (;;) {
      const now = Date.now();
      if (now >= planned && (await pacing.pass(id, now))) return undefined;
      const { at, line }: Place =
        now < planned ? { at: planned, line: 'channel' } : await pacing.takePlace(delivery, now);
      if (at > patience) return comeBack(delivery, { at, line });
      await whileWanted(sleep(at - now));
    }
  }

  /** The delivery is started again at its place, unless that comes too late. */
  async function comeBack(delivery: Delivery, { at, line }: Place): Promise<Waits> {
    if (at - Date.parse(delivery.notBefore) <= WORTH_POSTING_MS) {
      return { kind: 'waits', until: new Date(at).toISOString(), line };
    }
    const message = `Slack's limits left no slot for ${WORTH_POSTING_MS / 3_600_000} hours`;
    await ledger.markFailed(delivery.id, { code: 'gave_up', message });
    throw final(delivery, 'failed', { code: 'gave_up', message });
  }
}
