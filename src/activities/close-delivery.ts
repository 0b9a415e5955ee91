import type { DeliveryState } from '../store/schema.ts';
import type { Dependencies } from './dependencies.ts';

export interface CloseRequest {
  deliveryId: string;
  /** Why the delivery cannot go on. */
  code: string;
  message: string;
  /** Somebody called it off, so what was not handed to Slack is cancelled instead of failed. */
  cancelled?: boolean;
}

/** How a delivery ended, as the ledger has it. */
export interface Closed {
  state: DeliveryState;
  code: string;
  message: string;
}

export interface CloseThreadRequest {
  deliveryId: string;
  /** The post that cannot go on; without it all that are open. */
  nr?: number;
  code: string;
  message: string;
}

export function closeDeliveryActivities({ store }: Dependencies) {
  return {
    /**
     * Writes down the end of a delivery that will not be tried again. What the ledger knows already stands; a post that
     * had begun ends as unconfirmed, since Slack may have it.
     */
    async closeDelivery({ deliveryId, code, message, cancelled = false }: CloseRequest): Promise<Closed> {
      const error = { code, message };
      const ended = cancelled
        ? await store.ledger.markCancelled(deliveryId, error)
        : await store.ledger.markFailed(deliveryId, error);
      if (!ended) await store.ledger.markUnconfirmed(deliveryId, error);
      const delivery = await store.ledger.find(deliveryId);
      return {
        state: delivery?.state ?? 'failed',
        code: delivery?.error_code ?? code,
        message: delivery?.error_message ?? message,
      };
    },

    /** Writes down the end of posts of a thread that will not be tried again, as `closeDelivery` does. */
    async closeThread({ deliveryId, nr, code, message }: CloseThreadRequest): Promise<void> {
      for (const part of await store.parts.list(deliveryId)) {
        if (nr !== undefined && part.nr !== nr) continue;
        if (!(await store.parts.markFailed(part, { code, message }))) {
          await store.parts.markUnconfirmed(part, { code, message });
        }
      }
    },
  };
}
