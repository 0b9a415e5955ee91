import { ApplicationFailure } from '@temporalio/activity';
import { ZodError, z } from 'zod';
import type { Delivery, DeliveryError, LogEntry, StoredMessage } from '../domain/delivery.ts';
import { isTest } from '../domain/occurrence.ts';
import { isUnmarkedLate, LATE_REASONS } from '../domain/still-due.ts';
import { asTest, footer, lateLine, withClosing } from '../reports/message-frame.ts';
import { MessageRefused, ReportImpossible, type ReportMessage, ReportSkipped } from '../reports/message.ts';
import { messageWithPlace, ReportMistake } from '../reports/mistake.ts';
import { unsendable } from '../store/claims/claim-rows.ts';
import { LOADING } from '../store/ledger/ledger.ts';
import type { Work } from '../store/ledger/work.ts';
import type { Dependencies } from './dependencies.ts';
import { final, retryIn } from './support.ts';

/** How often a report is loaded before its delivery fails, and how long after a failure it is loaded again, in milliseconds. */
const LOADS_MAX = 6;
const LOAD_AGAIN_MS = { first: 1_000, factor: 3, max: 60_000 };

/**
 * A worker that does not know a report leaves it to others, which a rolling deployment may have brought up to date: tried again
 * every `againMs`, and failed after `failedAfterMs`.
 */
const UNKNOWN_REPORT = { code: 'unknown_report', againMs: 15_000, failedAfterMs: 5 * 60_000 };

const WORKERS_ENDED = { code: 'load_failed', message: 'The worker ended each time that it loaded the report' };

/** Characters of a message as JSON: it is kept in the store, and copied into each answer of it. Most have a few thousand. */
const MESSAGE_MAX = 500_000;

/** What a delivery has to post. */
export type Loaded =
  | {
      kind: 'loaded';
      message: StoredMessage;
      files: number;
      threadPosts: number;
      /** As in the ledger: undefined where the message must not change any more. */
      renderedAt: string | undefined;
      /** It was in the ledger before this attempt. */
      wasKept: boolean;
    }
  | { kind: 'skipped' };

/** Makes the messages of reports. */
export function reportLoader({ store, metrics, sources, findReport, footer: withFooter }: Dependencies) {
  return {
    /**
     * Loads the report's data, renders the message and keeps it in the store: neither enters the workflow's history. Done once
     * for a delivery: every attempt to post finds the same message. Fails so that Temporal tries again, or, after the ledger
     * has it, for good. `isRetry`: an attempt before this one has not stored a message.
     */
    async load(work: Work, { isRetry }: { isRetry: boolean }): Promise<Loaded> {
      const { delivery } = work;
      const kept = keptOf(delivery);
      if (kept !== undefined) return kept;
      if (delivery.kind === 'thread_post') throw ApplicationFailure.nonRetryable('It has no message', 'no_message');
      if (unsendable(delivery.error) === undefined && findReport(delivery.report) === undefined) {
        throw await isUnknown(delivery);
      }
      const loads = isRetry ? loadsOf(delivery.log) + 1 : 1;
      if (loads > LOADS_MAX) throw await giveUp(delivery, delivery.error ?? WORKERS_ENDED);
      if (isRetry) await store.ledger.recordLoading(delivery.id, `Loads its report again (${loads} of ${LOADS_MAX})`);
      return loadAndKeep(work, loads);
    },
  };

  async function loadAndKeep(work: Work, loads: number): Promise<Loaded> {
    const { id } = work.delivery;
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1_000;
    const madeAt = new Date();
    const lateReason = isUnmarkedLate(work.delivery, madeAt) ? LATE_REASONS.heldUp : undefined;
    let made: ReportMessage | ReportSkipped;
    try {
      made = await make(work, work.delivery.lateReason ?? lateReason);
      metrics.loaded(seconds(), 'ok');
    } catch (error) {
      metrics.loaded(seconds(), 'failed');
      throw await notLoaded(work.delivery, error, loads);
    }
    if (made instanceof ReportSkipped) {
      if (await store.ledger.markSkipped(id, made.message)) return { kind: 'skipped' };
    } else {
      const renderedAt = madeAt.toISOString();
      if (await store.ledger.saveMessage(id, made, { renderedAt, lateReason })) {
        const { text, blocks, files = [], thread = [] } = made;
        const counts = { files: files.length, threadPosts: thread.length };
        return { kind: 'loaded', message: { text, blocks }, ...counts, renderedAt, wasKept: false };
      }
    }
    // Another worker was quicker: its message stands.
    const now = await store.work.find(id);
    const kept = now === undefined ? undefined : keptOf(now.delivery);
    if (kept === undefined) throw retryIn(0, 'moved_on', 'The delivery was changed while its report was loaded');
    return kept;
  }

  async function notLoaded(delivery: Delivery, error: unknown, loads: number): Promise<ApplicationFailure> {
    const impossible = whyImpossible(error);
    if (impossible !== undefined) return giveUp(delivery, impossible);
    const reason = { code: 'load_failed', message: `Report ${delivery.report}: ${messageWithPlace(error)}` };
    if (loads >= LOADS_MAX) return giveUp(delivery, reason);
    await store.ledger.recordNotLoaded(delivery.id, reason);
    const { first, factor, max } = LOAD_AGAIN_MS;
    const nextRetryDelay = Math.min(max, first * factor ** (loads - 1));
    return ApplicationFailure.create({ message: reason.message, type: reason.code, nextRetryDelay });
  }

  async function isUnknown(delivery: Delivery): Promise<ApplicationFailure> {
    const { code, againMs, failedAfterMs } = UNKNOWN_REPORT;
    const message = `${delivery.notificationId} asks for the unknown report "${delivery.report}"`;
    const first = sinceRevived(delivery.log).find((entry) => entry.code === code);
    if (first !== undefined && Date.now() - Date.parse(first.at) > failedAfterMs) {
      return giveUp(delivery, { code, message });
    }
    if (first === undefined) await store.ledger.recordNotLoaded(delivery.id, { code, message });
    return retryIn(againMs, code, `${message}; another worker may know it`);
  }

  async function giveUp(delivery: Delivery, reason: DeliveryError): Promise<ApplicationFailure> {
    await store.ledger.markFailed(delivery.id, reason);
    return final(delivery, 'failed', reason);
  }

  async function make(
    { delivery, since, notification }: Work,
    lateReason: string | undefined,
  ): Promise<ReportMessage | ReportSkipped> {
    const reason = unsendable(delivery.error);
    if (reason !== undefined) throw new Impossible(reason.code, reason.message);
    const report = findReport(delivery.report);
    if (report === undefined) throw new Error(`The report ${delivery.report} was known before`);
    const dueAt = new Date(delivery.dueAt);
    const timezone = timezoneOf(delivery.occurrence);
    const format = report.format({ locale: notification?.locale, timezone });
    const input = {
      account: delivery.account,
      params: delivery.params,
      since,
      dueAt,
      timezone,
      lead:
        lateReason === undefined
          ? undefined
          : lateLine({ dueAt, postedAt: new Date(), timezone, reason: lateReason }, format),
      locale: notification?.locale,
    };
    try {
      const made = await report.make(input, sources);
      const { name, notificationId, channel } = delivery;
      const marked = isTest(delivery.occurrence) ? asTest(report.name, notificationId, made, format) : made;
      const whySent = { name, channel, due: notification?.due };
      const message = withClosing(marked, withFooter && report.footer ? [footer(whySent, format)] : []);
      const size = JSON.stringify({ ...message, files: [] }).length; // files have a limit of their own
      if (size > MESSAGE_MAX) throw new ReportImpossible(`Its message has ${size} characters, ${MESSAGE_MAX} allowed`);
      return message;
    } catch (error) {
      if (error instanceof ReportSkipped) return error;
      throw error;
    }
  }
}

/** `2026-11-23T09:00[Europe/Berlin]` → `Europe/Berlin`. */
function timezoneOf(occurrence: string): string | undefined {
  return /\[([^[\]]+)\]$/.exec(occurrence)?.[1];
}

/** Why no report can be made of a delivery, however often it is tried. */
class Impossible extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Undefined where the next load may succeed. */
function whyImpossible(error: unknown): DeliveryError | undefined {
  if (error instanceof Impossible) return { code: error.code, message: error.message };
  if (error instanceof ZodError) return { code: 'invalid_parameters', message: z.prettifyError(error) };
  if (error instanceof ReportMistake) return { code: 'broken_report', message: error.message };
  if (error instanceof MessageRefused) return { code: 'message_refused', message: error.message };
  if (error instanceof ReportImpossible) return { code: 'report_impossible', message: error.message };
  return undefined;
}

/** What is in the ledger already; undefined where the report has to be loaded. */
function keptOf(delivery: Delivery): Loaded | undefined {
  const { state, message, files, renderedAt } = delivery;
  if (state === 'skipped') return { kind: 'skipped' };
  if (message === undefined) return undefined;
  const threadPosts = delivery.kind === 'report' ? delivery.threadPosts : 0;
  const counts = { files: delivery.kind === 'report' ? files : 0, threadPosts };
  return { kind: 'loaded', message, ...counts, renderedAt, wasKept: true };
}

/** How often it was loaded without success, since it was revived if it was. */
function loadsOf(log: readonly LogEntry[]): number {
  return 1 + sinceRevived(log).filter(({ code }) => code === LOADING).length;
}

function sinceRevived(log: readonly LogEntry[]): readonly LogEntry[] {
  return log.slice(log.findLastIndex(({ state }) => state === 'failed' || state === 'parked') + 1);
}
