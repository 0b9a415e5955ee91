import { type Selectable, sql } from 'kysely';
import type { ClaimedDelivery } from '../../contract/dispatch.ts';
import type {
  Delivery,
  DeliveryError,
  LogEntry,
  ReportPost,
  StoredMessage,
  ThreadPost,
} from '../../domain/delivery.ts';
import type { DeliveryRow } from '../schema.ts';
import { redact } from '../../lib/redact.ts';

/** What a run has to know of a delivery. */
export const CLAIMED_COLUMNS = [
  'id',
  'notification_id',
  'occurrence',
  'name',
  'account',
  'report',
  'workspace_id',
  'channel',
  'channel_name',
  'not_before',
] as const;

export function toClaimed(row: Pick<Selectable<DeliveryRow>, (typeof CLAIMED_COLUMNS)[number]>): ClaimedDelivery {
  return {
    ...whatItIs(row),
    workspaceId: row.workspace_id,
    channel: row.channel_name ?? row.channel,
    channelId: row.channel,
    notBefore: row.not_before,
  };
}

/** The delivery that a row of the ledger stands for. */
export function toDelivery(row: Selectable<DeliveryRow>): Delivery {
  return row.parent_id === null ? toReport(row) : toThreadPost(row);
}

/** Of a row without a parent. */
export function toReport(row: Selectable<DeliveryRow>): ReportPost {
  return {
    kind: 'report',
    ...columnsOf(row),
    threadPosts: row.thread_posts,
    threadPostsOpen: row.thread_posts_open,
  };
}

/** Of a row with a parent. */
export function toThreadPost(row: Selectable<DeliveryRow>): ThreadPost {
  return { kind: 'thread_post', ...columnsOf(row), reportId: row.parent_id ?? '', threadNr: row.thread_nr };
}

function whatItIs(
  row: Pick<Selectable<DeliveryRow>, 'id' | 'notification_id' | 'occurrence' | 'name' | 'account' | 'report'>,
) {
  return {
    id: row.id,
    notificationId: row.notification_id,
    occurrence: row.occurrence,
    name: row.name,
    account: row.account,
    report: row.report,
  };
}

function columnsOf(row: Selectable<DeliveryRow>) {
  return {
    ...whatItIs(row),
    params: parsedOr(row.params, row.params),
    workspaceId: row.workspace_id,
    channel: row.channel,
    channelName: row.channel_name ?? undefined,
    dispatchId: row.dispatch_id,
    dueAt: row.due_at,
    notBefore: row.not_before,
    postUntil: row.post_until ?? undefined,
    byHand: row.by_hand === 1,
    placeAt: row.place_at ?? undefined,
    claimedAt: row.claimed_at,
    lateReason: row.late_reason ?? undefined,
    state: row.state,
    attempts: row.attempts,
    postingAt: row.posting_at ?? undefined,
    absentAt: row.absent_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    messageTs: row.message_ts ?? undefined,
    error: toError(row),
    message: row.message === null ? undefined : (parsedOr(row.message, undefined) as StoredMessage | undefined),
    renderedAt: row.rendered_at ?? undefined,
    files: row.files,
    log: readLog(row),
  };
}

export function toError(row: { error_code: string | null; error_message: string | null }): DeliveryError | undefined {
  return row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? '' };
}

export type { DeliveryError } from '../../domain/delivery.ts';

/** Slack's block errors can be long; the ledger keeps what a person reads. */
const ERROR_MESSAGE_MAX = 1_000;

function readLog({ log, claimed_at: at, state }: Selectable<DeliveryRow>): LogEntry[] {
  const lines = log.split('\n').filter((line) => line !== '');
  return lines.map((line) => parsedOr(line, { at, state, code: 'unreadable', message: line }) as LogEntry);
}

/** One bad row must not hide the others of a list. */
function parsedOr(json: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return otherwise;
  }
}

export function logLine({ message, ...entry }: LogEntry): string {
  const short = message === undefined ? {} : { message: redact(message).slice(0, ERROR_MESSAGE_MAX) };
  return `${JSON.stringify({ ...entry, ...short })}\n`;
}

/** The log grows in the same statement that changes the state, so the two never disagree. */
export function appendLog(entry: LogEntry) {
  return sql<string>`log || ${logLine(entry)}`;
}

export function errorColumns(error: DeliveryError | undefined) {
  if (error === undefined) return {};
  return { error_code: error.code, error_message: redact(error.message).slice(0, ERROR_MESSAGE_MAX) };
}
