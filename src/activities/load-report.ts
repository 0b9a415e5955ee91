import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { ZodError, z } from 'zod';
import { messageOf } from '../errors.ts';
import { lateLine } from '../reports/late-line.ts';
import { MessageRefused, ReportImpossible } from '../reports/message.ts';
import type { ReportWork } from '../store/work.ts';
import type { Dependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';

/** How long a report may take that is loaded without an activity of its own in the history, in milliseconds. */
const AT_ONCE_MS = 1_000;

export function loadReportActivities({ store, sources, findReport }: Dependencies) {
  /** What this worker is loading: a report that takes long is not loaded again beside itself. */
  const underWay = new Map<string, Promise<void>>();

  return {
    /**
     * A local activity: most reports are there in milliseconds, and the history is a third shorter. False where this one
     * takes longer, or failed: then `loadReport` is to see to it, in sight of everybody and with retries.
     */
    async loadReportAtOnce({ deliveryId }: { deliveryId: string }): Promise<boolean> {
      const late = new AbortController();
      const loaded = load(deliveryId).then(
        () => true,
        () => false,
      );
      const ready = await Promise.race([loaded, sleep(AT_ONCE_MS, false, { signal: late.signal })]);
      late.abort();
      return ready;
    },

    /**
     * Loads the report's data, renders the message and keeps it in the store: neither enters the workflow's history.
     * Done once for a delivery; a retry of the post finds the same message.
     */
    async loadReport({ deliveryId }: { deliveryId: string }): Promise<void> {
      await withHeartbeat(() => load(deliveryId));
    },
  };

  function load(deliveryId: string): Promise<void> {
    const known = underWay.get(deliveryId);
    if (known !== undefined) return known;
    const loading = loadAndKeep(deliveryId).finally(() => underWay.delete(deliveryId));
    underWay.set(deliveryId, loading);
    return loading;
  }

  async function loadAndKeep(deliveryId: string): Promise<void> {
    const work = await store.work.report(deliveryId);
    if (work === undefined) throw impossible('unknown_delivery', `Delivery ${deliveryId} is not in the ledger`);
    if (work.delivery.state !== 'pending' || work.delivery.message !== null) return;
    await store.ledger.saveMessage(deliveryId, await make(work));
  }

  async function make({ delivery, since }: ReportWork) {
    const report = findReport(delivery.report);
    if (report === undefined) {
      throw impossible(
        'unknown_report',
        `${delivery.notification_id} asks for the unknown report "${delivery.report}"`,
      );
    }
    const dueAt = new Date(delivery.due_at);
    const timezone = timezoneOf(delivery.occurrence);
    const reason = delivery.late_reason;
    const context = {
      account: delivery.account,
      params: JSON.parse(delivery.params) as unknown,
      since: since === null ? undefined : new Date(since),
      dueAt,
      timezone,
      lead: reason === null ? undefined : lateLine({ dueAt, postedAt: new Date(), timezone, reason }),
    };
    try {
      return await report.make(context, sources);
    } catch (error) {
      if (error instanceof ZodError) throw impossible('invalid_parameters', z.prettifyError(error));
      if (error instanceof MessageRefused) throw impossible('message_refused', error.message);
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
