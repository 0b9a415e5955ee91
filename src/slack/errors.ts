import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { messageOf } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';
import { TooLate } from './call-deadline.ts';
import { TokenError } from './tokens.ts';

/**
 * Slack's error codes of `chat.postMessage` by what they mean for a delivery.
 * Source: https://docs.slack.dev/reference/methods/chat.postMessage#errors. Slack says that other errors can be
 * returned, so a code in none of these sets is taken as "may have been posted", never as a refusal.
 */

/** The message is wrong: this delivery fails, the next one may be fine. */
export const PAYLOAD_ERRORS = new Set([
  'agent_prompt_display_not_allowed',
  'attachment_payload_limit_exceeded',
  'as_user_not_supported',
  'cannot_reply_to_message',
  'draft_already_deleted',
  'draft_already_sent',
  'draft_has_conflict',
  'draft_not_found',
  'invalid_arg_name',
  'invalid_arguments',
  'invalid_array_arg',
  'invalid_attachments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_charset',
  'invalid_form_data',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'invalid_post_type',
  'markdown_text_conflict',
  'metadata_must_be_sent_from_app',
  'metadata_too_large',
  'missing_file_data',
  'missing_post_type',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'too_many_attachments',
  'too_many_contact_cards',
]);

/** The channel is the trouble: everything to this destination fails until it is fixed. */
export const DESTINATION_ERRORS = new Set([
  'access_denied',
  'app_access_restricted',
  'channel_not_found',
  'duplicate_channel_not_found',
  'duplicate_message_not_found',
  'ekm_access_denied',
  'is_archived',
  'messages_tab_disabled',
  'no_permission',
  'not_in_channel',
  'restricted_action',
  'restricted_action_non_threadable_channel',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
  'restricted_action_thread_only_channel',
  'send_on_behalf_not_allowed',
  'slack_connect_canvas_sharing_blocked',
  'slack_connect_file_link_sharing_blocked',
  'slack_connect_lists_sharing_blocked',
  'team_access_not_granted',
  'team_not_found',
]);

/** Of these, what a channel has against posts in threads: its messages are posted all the same. */
export const THREAD_ERRORS = new Set(['restricted_action_non_threadable_channel', 'restricted_action_thread_locked']);

/** The token or the workspace is the trouble, if `auth.test` says so too: then everything of this workspace fails until it is fixed. */
export const WORKSPACE_ERRORS = new Set([
  'accesslimited',
  'account_inactive',
  'deprecated_endpoint',
  'enterprise_is_restricted',
  'invalid_auth',
  'method_deprecated',
  'missing_scope',
  'not_allowed_token_type',
  'not_authed',
  'token_expired',
  'token_revoked',
  'two_factor_setup_required',
]);

/** Slack surely did not take the message, and may later. */
export const RETRYABLE_ERRORS = new Set([
  'message_limit_exceeded',
  'org_login_required',
  'rate_limited',
  'ratelimited',
  'request_timeout', // the body of our request was cut off, so there was nothing to post
  'team_added_to_org',
]);

/** Slack knows no better than we: it may have taken the message before it failed. */
export const UNCERTAIN_ERRORS = new Set(['fatal_error', 'internal_error', 'service_unavailable']);

/** Failures before the request left: no connection, no name, no trust. Codes of Node and undici. */
export const NOT_SENT_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Wait before the next try where Slack named none, in milliseconds. */
export const DEFAULT_RETRY_AFTER_MS = 30_000;

/** A vault that cannot be reached is asked again after so long, in milliseconds. */
export const VAULT_RETRY_MS = 10_000;

/** The post was claimed so long ago that another attempt may be under way: Slack was not called. */
export const CLAIM_TOO_OLD: NotPosted = {
  kind: 'not_posted',
  code: 'claim_too_old',
  message: 'Too much time has passed since the post was claimed, so Slack was not called',
};

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
  /** Slack answered `ok: false` with a code that is in no list: perhaps it refuses, and will each time. */
  unknownCode?: boolean;
}

/** Reads anything that `@slack/web-api` throws. Whatever it does not know is ambiguous. */
export function classify(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter);
  if (error instanceof WebAPIPlatformError) return fromAnswer(error.data);
  if (error instanceof WebAPIRequestError) return fromTransport(error.original);
  // Slack refused one token, and the vault could not be asked for another.
  if (error instanceof TokenError) {
    return { kind: 'not_posted', code: error.code, message: error.message, retryAfterMs: VAULT_RETRY_MS };
  }
  if (error instanceof WebAPIHTTPError && error.statusCode === PROXY_AUTHENTICATION) return proxyRefused(407);
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
  return { ...ambiguous(code, message), ...(!UNCERTAIN_ERRORS.has(code) && { unknownCode: true }) };
}

/** Only a proxy answers so, and it passes nothing on before it knows who asks. */
const PROXY_AUTHENTICATION = 407;

function proxyRefused(status: number): NotPosted {
  const message = `The proxy of HTTPS_PROXY refuses the connection (HTTP ${status}), so Slack was not reached`;
  return { kind: 'not_posted', code: 'proxy_refused', message };
}

/** undici's words for an answer of a proxy that is no open tunnel. */
const NO_TUNNEL = /Proxy response \((\d{3})\)/;

function fromTransport(original: Error): SlackFailure {
  if (original instanceof TooLate) return CLAIM_TOO_OLD;
  const refusal = NO_TUNNEL.exec(messagesOf(original));
  if (refusal !== null) return proxyRefused(Number(refusal[1]));
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

function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) messages.push(current.message);
  return messages.join('\n');
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

/** An answer may repeat what was sent, the token included. */
function describe(code: string, data: SlackAnswer): string {
  const details = Array.isArray(data.errors) ? data.errors.filter((entry) => typeof entry === 'string') : [];
  if (details.length > 0) return redact(`${code}: ${details.join('; ')}`);
  if (typeof data.needed === 'string') return `${code}: the token needs the scope ${data.needed}`;
  return code;
}
