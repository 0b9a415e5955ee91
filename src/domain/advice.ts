/** What to do about an error code, as an imperative phrase. */
export function adviceFor(code: string): string {
  return ADVICE[code] ?? 'look up the code at https://docs.slack.dev/reference/methods/chat.postMessage#errors';
}

/** What to do about a delivery that did not arrive, or may not have. */
export function adviceOn(state: string, code: string): string {
  return state === 'unconfirmed'
    ? 'look in the channel, then `unconfirmed confirm` or `unconfirmed resend`'
    : adviceFor(code);
}

const ADVICE: Record<string, string> = {
  access_denied: 'let the app into the channel or workspace that the code names; ask an administrator of the workspace',
  account_inactive: 'install the app again',
  broken_report: 'correct the report where its error says, start the worker again, then redrive',
  broken_token_resolver: 'fix the file of SLACK_REPORTS_TOKEN_RESOLVER',
  cancelled: 'nothing: it was cancelled on purpose',
  channel_not_found: 'check the channel id; a private channel needs /invite of the bot',
  disabled: 'nothing: its notification was disabled',
  dst_gap: '`resend` sends it now',
  ekm_access_denied:
    'ask an administrator: Enterprise Key Management has withdrawn the key of this channel, or does not let apps post there',
  gave_up: 'see the attempts in the Web UI',
  holiday: '`resend` sends it now',
  invalid_auth: 'give the worker a valid token',
  invalid_blocks: 'fix the report; Slack names the bad block',
  invalid_source_row: 'correct the row where its source reads it; the next fire sends it',
  is_archived: 'unarchive the channel, or give the notification another one',
  load_failed: "fix the report's data source, then redrive",
  missed: 'keep a worker and its schedule running; `resend` sends it now',
  missing_scope: 'add the scope to the app and install it again',
  msg_too_long: 'shorten the report',
  newer_sent: 'nothing: a newer one was sent; `resend` sends this one, too',
  no_permission:
    '/invite the bot to the channel; if it is in it, let the app post there (channel settings, "Posting permissions")',
  no_token_resolver: 'set SLACK_REPORTS_TOKEN_RESOLVER for the worker, or give the workspace another reference',
  not_in_channel: '/invite the bot to the channel',
  not_in_history: 'redrive it: it was not posted',
  paused: '`resend` sends it now; `notifications unpause` ends a pause',
  removed: 'nothing: its notification was removed',
  report_impossible: 'correct the account or the parameters of the notification',
  malformed_token: 'copy the token again, without any text around it',
  message_refused: 'correct the report: `slack-reports preview` shows what Slack would refuse',
  proxy_refused:
    'give the proxy of HTTPS_PROXY what it asks for (user:password@ in its address), or except Slack in NO_PROXY',
  restricted_action: 'let the bot post in the channel (channel settings)',
  restricted_action_non_threadable_channel: 'use a report without a thread, or another channel',
  restricted_action_read_only_channel:
    'the channel is read-only: let the app post in it (channel settings, "Posting permissions"), or choose another channel',
  restricted_action_thread_locked: 'unlock the thread, or leave it: the message itself was posted',
  restricted_action_thread_only_channel: 'choose another channel: this one takes only replies in threads',
  resumed_too_late: '`resend` sends it now',
  source_failed: 'fix the source, then fire its schedule again: `schedule backfill` for the times it missed',
  skipped: 'nothing: the report had nothing to say',
  token_expired: 'give the worker a fresh token',
  token_missing: 'give the worker the token',
  token_revoked: 'install the app again and give the worker its token',
  too_late: 'see in `why` what held it up; `resend` sends it now',
  token_unavailable: 'check the vault that the token resolver reads',
  unknown_notification: 'correct the id, or cancel what names it',
  unreadable_notification: 'remove the notification and add it again',
  unknown_report:
    "restart the worker, so that it knows the report (SLACK_REPORTS_DIR is its folder), or correct the notification's report name",
};
