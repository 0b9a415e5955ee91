/**
 * Slack's error codes of `chat.postMessage` by what they mean for a delivery.
 * Source: https://docs.slack.dev/reference/methods/chat.postMessage#errors. Slack says that other errors can be
 * returned, so a code in none of these sets is taken as "may have been posted", never as a refusal.
 */

/** The message is wrong: this delivery fails, the next one may be fine. */
export const PAYLOAD_ERRORS = new Set([
  'attachment_payload_limit_exceeded',
  'as_user_not_supported',
  'cannot_reply_to_message',
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
  'channel_not_found',
  'duplicate_channel_not_found',
  'duplicate_message_not_found',
  'ekm_access_denied',
  'is_archived',
  'messages_tab_disabled',
  'not_in_channel',
  'restricted_action',
  'restricted_action_non_threadable_channel',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
  'restricted_action_thread_only_channel',
  'slack_connect_canvas_sharing_blocked',
  'slack_connect_file_link_sharing_blocked',
  'slack_connect_lists_sharing_blocked',
  'team_not_found',
]);

/** Of these, what a channel has against posts in threads: its messages are posted all the same. */
export const THREAD_ERRORS = new Set(['restricted_action_non_threadable_channel', 'restricted_action_thread_locked']);

/** The token or the workspace is the trouble: everything of this workspace fails until it is fixed. */
export const WORKSPACE_ERRORS = new Set([
  'access_denied',
  'accesslimited',
  'account_inactive',
  'deprecated_endpoint',
  'enterprise_is_restricted',
  'invalid_auth',
  'method_deprecated',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_authed',
  'team_access_not_granted',
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
