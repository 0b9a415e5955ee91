import { sql } from 'kysely';
import type { DeliveryError, LogEntry } from '../domain/delivery.ts';
import { redact } from '../redact.ts';

export type { DeliveryError } from '../domain/delivery.ts';

/** Slack's block errors can be long; the ledger keeps what a person reads. */
const ERROR_MESSAGE_MAX = 1_000;

export function readLog(log: string): LogEntry[] {
  const lines = log.split('\n').filter((line) => line !== '');
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
