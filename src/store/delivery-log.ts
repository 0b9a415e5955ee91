import { sql } from 'kysely';
import { redact } from '../redact.ts';
import type { Delivery } from './ledger.ts';
import type { DeliveryState } from './schema.ts';

export interface DeliveryError {
  code: string;
  message: string;
}

/** Why a post is looked up that the ledger knows nothing of. */
export const RESTORED: DeliveryError = {
  code: 'restored',
  message: 'The store was restored: it may have been posted since the backup',
};

/** Slack's block errors can be long; the ledger keeps what a person reads. */
const ERROR_MESSAGE_MAX = 1_000;

/** One step in the life of a delivery, as the ledger's log keeps it. */
export interface LogEntry {
  at: string;
  state: DeliveryState;
  code?: string;
  message?: string;
}

export function readLog(delivery: Pick<Delivery, 'log'>): LogEntry[] {
  const lines = delivery.log.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as LogEntry);
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
