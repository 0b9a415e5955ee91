import { hostname } from 'node:os';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** A history as it is committed: what `temporal workflow show --output json` gives, without stack traces. */
export function toFile(history: History): string {
  const json = JSON.parse(historyToJSON(history)) as unknown;
  // A stack trace names the paths of the machine; a replay does not look at it.
  const text = JSON.stringify(json, (key, value: unknown) => (key === 'stackTrace' ? undefined : value), 1);
  return `${text}\n`;
}

/** What does not belong into a repository. */
const FORBIDDEN: Record<string, RegExp> = {
  'a Slack token': /xox[a-z]-/,
  'a path of a machine': /file:\/\/|\/(home|root|tmp|Users|var|work)\/|[A-Z]:\\\\/,
  'a process id and host': /\b\d+@[\w.-]+/,
  'the name of this machine': new RegExp(`\\b${hostname()}\\b`),
};

/** Names everything in a history file, its payloads included, that does not belong into a repository. */
export function secretsIn(file: string): string[] {
  const text = JSON.stringify(JSON.parse(file), (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value,
  );
  return Object.entries(FORBIDDEN).flatMap(([name, pattern]) => (pattern.test(text) ? [name] : []));
}
