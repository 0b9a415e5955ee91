import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { messageOf } from '../errors.ts';
import {
  DESTINATION_ERRORS,
  NOT_SENT_CODES,
  PAYLOAD_ERRORS,
  RETRYABLE_ERRORS,
  WORKSPACE_ERRORS,
} from './error-codes.ts';

/** Wait before the next try where Slack named none, in milliseconds. */
export const DEFAULT_RETRY_AFTER_MS = 30_000;

/** What a failed call to Slack means for the message it was to post. */
export type SlackFailure = NotPosted | Refused | Ambiguous;

interface Failure {
  /** Slack's error code, or one of ours in the same style. */
  code: string;
  /** For people; holds no token and no report text. */
  message: string;
}

/** Surely not taken; may be tried again, not before `retryAfterMs` where Slack named a time. */
export interface NotPosted extends Failure {
  kind: 'not_posted';
  retryAfterMs?: number;
}

/** Surely not taken, and will not be until what `scope` names is fixed. */
export interface Refused extends Failure {
  kind: 'refused';
  scope: 'message' | 'channel' | 'workspace';
}

/** May have been posted; only the channel's history can tell. */
export interface Ambiguous extends Failure {
  kind: 'ambiguous';
}

/** Reads anything that `@slack/web-api` throws. Whatever it does not know is ambiguous. */
export function classify(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter);
  if (error instanceof WebAPIPlatformError) return fromAnswer(error.data);
  if (error instanceof WebAPIRequestError) return fromTransport(error.original);
  if (error instanceof WebAPIHTTPError) {
    return ambiguous(`http_${error.statusCode}`, `Slack answered with HTTP ${error.statusCode}`);
  }
  return ambiguous('answer_lost', `The answer could not be read (${messageOf(error)})`);
}

interface SlackAnswer {
  error: string;
  errors?: unknown;
  needed?: unknown;
  response_metadata?: { retryAfter?: number };
}

function fromAnswer(data: SlackAnswer): SlackFailure {
  // A proxy's HTML page with status 200 arrives as the "error".
  if (!/^[a-z0-9_]{1,80}$/.test(data.error))
    return ambiguous('unreadable_answer', 'The answer was not JSON from Slack');
  const code = data.error;
  const message = describe(code, data);
  if (code === 'ratelimited' || code === 'rate_limited') return rateLimited(data.response_metadata?.retryAfter);
  if (RETRYABLE_ERRORS.has(code)) return { kind: 'not_posted', code, message };
  if (PAYLOAD_ERRORS.has(code)) return { kind: 'refused', scope: 'message', code, message };
  if (DESTINATION_ERRORS.has(code)) return { kind: 'refused', scope: 'channel', code, message };
  if (WORKSPACE_ERRORS.has(code)) return { kind: 'refused', scope: 'workspace', code, message };
  return ambiguous(code, message);
}

function fromTransport(original: Error): SlackFailure {
  const code = transportCode(original);
  if (code !== undefined && NOT_SENT_CODES.has(code)) {
    return { kind: 'not_posted', code, message: `No connection to Slack (${code})` };
  }
  if (original.name === 'TimeoutError') return ambiguous('timeout', 'Slack did not answer in time');
  return ambiguous(
    code ?? 'connection_lost',
    `The connection broke before the answer (${code ?? messageOf(original)})`,
  );
}

/** `fetch` hides the reason in the cause; several failed addresses come as an AggregateError. */
function transportCode(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string') return code;
    if (current instanceof AggregateError) return transportCode(current.errors[0]);
  }
  return undefined;
}

function rateLimited(retryAfterSeconds: number | undefined): NotPosted {
  const retryAfterMs = retryAfterSeconds === undefined ? DEFAULT_RETRY_AFTER_MS : retryAfterSeconds * 1_000;
  const message = `Slack asks to wait ${Math.ceil(retryAfterMs / 1_000)} s`;
  return { kind: 'not_posted', code: 'ratelimited', message, retryAfterMs };
}

function ambiguous(code: string, message: string): Ambiguous {
  return { kind: 'ambiguous', code, message };
}

function describe(code: string, data: SlackAnswer): string {
  const details = Array.isArray(data.errors) ? data.errors.filter((entry) => typeof entry === 'string') : [];
  if (details.length > 0) return `${code}: ${details.join('; ')}`;
  if (typeof data.needed === 'string') return `${code}: the token needs the scope ${data.needed}`;
  return code;
}
