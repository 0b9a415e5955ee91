import { ApplicationFailure } from '@temporalio/activity';
import { ZodError, z } from 'zod';
import { messageOf } from '../errors.ts';
import { ReportImpossible } from '../reports/report.ts';
import type { Delivery } from '../store/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';

export function loadReportActivities({ store, sources, findReport }: Dependencies) {
  return {
    /**
     * Loads the report's data, renders the message and keeps it in the store: neither enters the workflow's history.
     * Done once for a delivery; a retry of the post finds the same message.
     */
    async loadReport({ deliveryId }: { deliveryId: string }): Promise<void> {
      const delivery = await store.ledger.find(deliveryId);
      if (delivery === undefined) throw impossible('unknown_delivery', `Delivery ${deliveryId} is not in the ledger`);
      if (delivery.state !== 'pending' || delivery.message !== null) return;
      await store.ledger.saveMessage(deliveryId, await withHeartbeat(() => make(delivery)));
    },
  };

  async function make(delivery: Delivery) {
    const report = findReport(delivery.report);
    if (report === undefined) {
      throw impossible(
        'unknown_report',
        `${delivery.notification_id} asks for the unknown report "${delivery.report}"`,
      );
    }
    const last = await store.ledger.lastDeliveredBefore(delivery.notification_id, delivery.due_at);
    const context = {
      account: delivery.account,
      params: JSON.parse(delivery.params) as unknown,
      since: last === undefined ? undefined : new Date(last.due_at),
      dueAt: new Date(delivery.due_at),
      timezone: timezoneOf(delivery.occurrence),
    };
    try {
      return await report.make(context, sources);
    } catch (error) {
      if (error instanceof ZodError) throw impossible('invalid_parameters', z.prettifyError(error));
      if (error instanceof ReportImpossible) throw impossible('report_impossible', error.message);
      throw ApplicationFailure.retryable(`Report ${delivery.report}: ${messageOf(error)}`, 'load_failed');
    }
  }
}

/** `2026-11-23T09:00[Europe/Berlin]` → `Europe/Berlin`. */
function timezoneOf(occurrence: string): string | undefined {
  return /\[(.+)\]$/.exec(occurrence)?.[1];
}

function impossible(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
