import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { ZodError, z } from 'zod';
import type { LoadResult } from '../contract/delivery.ts';
import { messageOf } from '../lib/errors.ts';
import { isTest } from '../domain/occurrence.ts';
import { asTest, footer, lateLine, withClosing } from '../reports/message-frame.ts';
import { MessageRefused, ReportImpossible, type ReportMessage, ReportSkipped } from '../reports/message.ts';
import type { AnyReport } from '../reports/define.ts';
import type { Text } from '../reports/blocks/text.ts';
import { unsendable } from '../store/claims/claim-rows.ts';
import type { ReportWork } from '../store/ledger/work.ts';
import type { Dependencies } from './dependencies.ts';
import { logRunOf } from '../observability/delivery-log.ts';
import { withHeartbeat } from './support.ts';

/** How long a report may take that is loaded without an activity of its own in the history, in milliseconds. */
const AT_ONCE_MS = 1_000;

/** Characters of a message as JSON: it is kept in the store, and copied into each answer of it. Most have a few thousand. */
const MESSAGE_MAX = 500_000;

export function loadReportActivities({ store, sources, findReport, footer: withFooter }: Dependencies) {
  /** What this worker is loading: a report that takes long is loaded once at a time. */
  const underWay = new Map<string, Promise<LoadResult>>();

  return {
    /**
     * A local activity: most reports are there in milliseconds, and the history is a third shorter. Null where this one
     * takes longer, or failed: then `loadReport` takes over, visible in the history and with retries.
     */
    async loadReportAtOnce({ deliveryId }: { deliveryId: string }): Promise<LoadResult | null> {
      const late = new AbortController();
      const loaded = load(deliveryId).catch(() => null);
      const ready = await Promise.race([loaded, sleep(AT_ONCE_MS, null, { signal: late.signal })]);
      late.abort();
      return ready;
    },

    /**
     * Loads the report's data, renders the message and keeps it in the store: neither enters the workflow's history.
     * Done once for a delivery; a retry of the post finds the same message.
     */
    async loadReport({ deliveryId }: { deliveryId: string }): Promise<LoadResult> {
      return withHeartbeat(() => load(deliveryId));
    },
  };

  function load(deliveryId: string): Promise<LoadResult> {
    const known = underWay.get(deliveryId);
    if (known !== undefined) return known;
    const loading = loadAndKeep(deliveryId).finally(() => underWay.delete(deliveryId));
    underWay.set(deliveryId, loading);
    return loading;
  }

  async function loadAndKeep(deliveryId: string): Promise<LoadResult> {
    const work = await store.work.report(deliveryId);
    if (work === undefined) throw impossible('unknown_delivery', `Delivery ${deliveryId} is not in the ledger`);
    logRunOf(work.delivery);
    const { state, message: kept, files } = work.delivery;
    if (state === 'skipped') return { kind: 'skipped' };
    if (state !== 'pending' || kept !== undefined)
      return { kind: 'loaded', files, threadPosts: work.delivery.threadPosts };
    const made = await make(work);
    if (made instanceof ReportSkipped) {
      // Another worker was quicker, or it was cancelled.
      if (!(await store.ledger.markSkipped(deliveryId, made.message))) return loadAndKeep(deliveryId);
      return { kind: 'skipped' };
    }
    await store.ledger.saveMessage(deliveryId, made);
    return { kind: 'loaded', files: made.files?.length ?? 0, threadPosts: made.thread?.length ?? 0 };
  }

  async function make({ delivery, since, notification }: ReportWork): Promise<ReportMessage | ReportSkipped> {
    const reason = unsendable(delivery.error);
    if (reason !== undefined) throw impossible(reason.code, reason.message);
    const report = findReport(delivery.report);
    if (report === undefined) {
      throw impossible('unknown_report', `${delivery.notificationId} asks for the unknown report "${delivery.report}"`);
    }
    const dueAt = new Date(delivery.dueAt);
    const timezone = timezoneOf(delivery.occurrence);
    const { lateReason } = delivery;
    const input = {
      account: delivery.account,
      params: delivery.params,
      since: since === null ? undefined : new Date(since),
      dueAt,
      timezone,
      lead:
        lateReason === undefined ? undefined : lateLine({ dueAt, postedAt: new Date(), timezone, reason: lateReason }),
      locale: notification?.locale,
    };
    try {
      const made = await report.make(input, sources);
      const marked = isTest(delivery.occurrence) ? asTest(report.name, delivery.notificationId, made) : made;
      const message = withClosing(marked, closingOf(report, { delivery, notification }));
      const size = JSON.stringify({ ...message, files: [] }).length; // files have a limit of their own
      if (size > MESSAGE_MAX) throw new ReportImpossible(`Its message has ${size} characters, ${MESSAGE_MAX} allowed`);
      return message;
    } catch (error) {
      if (error instanceof ReportSkipped) return error;
      if (error instanceof ZodError) throw impossible('invalid_parameters', z.prettifyError(error));
      if (error instanceof MessageRefused) throw impossible('message_refused', error.message);
      if (error instanceof ReportImpossible) throw impossible('report_impossible', error.message);
      throw ApplicationFailure.retryable(`Report ${delivery.report}: ${messageOf(error)}`, 'load_failed');
    }
  }

  /** Small print under the message. */
  function closingOf(report: AnyReport, { delivery, notification }: Omit<ReportWork, 'since'>): Text[] {
    const { notificationId, account } = delivery;
    const isWanted = withFooter && report.footer;
    return isWanted ? [footer({ notification: notificationId, account, due: notification?.due })] : [];
  }
}

/** `2026-11-23T09:00[Europe/Berlin]` → `Europe/Berlin`. */
function timezoneOf(occurrence: string): string | undefined {
  return /\[([^[\]]+)\]$/.exec(occurrence)?.[1];
}

function impossible(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
