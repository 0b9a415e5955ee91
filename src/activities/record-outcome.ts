import type { Outcome, OutcomeRequest } from '../contract/delivery.ts';
import type { Dependencies } from './dependencies.ts';

export function recordOutcomeActivities({ store }: Dependencies) {
  const { ledger, deliveries } = store;
  return {
    /**
     * Writes down the end of a delivery that will not be tried again; of a report that is delivered, the end of what is open
     * in its thread. An end that the ledger knows already stands.
     */
    async recordOutcome({ deliveryId, ...why }: OutcomeRequest): Promise<Outcome> {
      await end(deliveryId, why);
      const delivery = await ledger.find(deliveryId);
      // The thread of a parked report waits with it.
      if (delivery?.kind === 'report' && delivery.state === 'delivered') {
        for (const { id } of await deliveries.thread(deliveryId)) await end(id, why);
      }
      return {
        state: delivery?.state ?? 'failed',
        code: delivery?.error?.code ?? why.code,
        message: delivery?.error?.message ?? why.message,
      };
    },
  };

  /** A post that had begun ends as unconfirmed, since Slack may have it. */
  async function end(id: string, { code, message, cancelled }: Omit<OutcomeRequest, 'deliveryId'>): Promise<void> {
    const error = { code, message };
    const ended = cancelled ? await ledger.markCancelled(id, error) : await ledger.markFailed(id, error);
    if (!ended) await ledger.markUnconfirmed(id, error);
  }
}
