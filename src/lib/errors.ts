import { cut, redact } from './redact.ts';

/** Every code of an error that a command can print: `--json` promises these, and `bug` for anything else. */
export type ErrorCode =
  | 'already_sent'
  | 'backup_exists'
  | 'backup_is_store'
  | 'bad_temporal_cli'
  | 'broken_report'
  | 'broken_source'
  | 'broken_token_resolver'
  | 'cannot_listen'
  | 'cannot_start'
  | 'cannot_write'
  | 'codec_is_off'
  | 'codec_key_does_not_fit'
  | 'codec_server_open'
  | 'disk_full'
  | 'duplicate_report'
  | 'duplicate_source'
  | 'file_exists'
  | 'invalid_claim'
  | 'invalid_codec_keys'
  | 'invalid_concurrency'
  | 'invalid_configuration'
  | 'invalid_count'
  | 'invalid_cron'
  | 'invalid_date'
  | 'invalid_duration'
  | 'invalid_fixture'
  | 'invalid_jwks'
  | 'invalid_key'
  | 'invalid_notification'
  | 'invalid_notifications'
  | 'invalid_options'
  | 'invalid_origin'
  | 'invalid_owner'
  | 'invalid_parameters'
  | 'invalid_port'
  | 'invalid_range'
  | 'invalid_recurrence'
  | 'invalid_report'
  | 'invalid_schedule'
  | 'invalid_schedules'
  | 'invalid_scope'
  | 'invalid_selection'
  | 'invalid_source'
  | 'invalid_time'
  | 'invalid_timezone'
  | 'invalid_token_reference'
  | 'key_in_use'
  | 'load_failed'
  | 'malformed_file'
  | 'malformed_token'
  | 'metrics_address_taken'
  | 'missing_packages'
  | 'missing_workflows'
  | 'no_answer'
  | 'no_backup'
  | 'no_claim'
  | 'no_folder'
  | 'no_jwks'
  | 'no_report_folder'
  | 'no_source_folder'
  | 'no_store'
  | 'no_temporal_cli'
  | 'no_temporal_server'
  | 'no_token_resolver'
  | 'no_worker'
  | 'no_workflow_bundle'
  | 'not_a_run'
  | 'not_backed_up'
  | 'not_confirmed'
  | 'not_our_schedule'
  | 'not_installed'
  | 'not_parked'
  | 'nothing_named'
  | 'nothing_selected'
  | 'notification_exists'
  | 'past_time'
  | 'port_taken'
  | 'refused'
  | 'report_impossible'
  | 'retention_refused'
  | 'run_ended'
  | 'run_failed'
  | 'run_not_running'
  | 'sandbox_ended'
  | 'sandbox_not_started'
  | 'schedule_contended'
  | 'schedule_exists'
  | 'scope_in_use'
  | 'search_attributes_refused'
  | 'send_exists'
  | 'send_passed'
  | 'skipped'
  | 'skipped_time'
  | 'store_in_use'
  | 'store_not_embedded'
  | 'store_too_new'
  | 'store_too_old'
  | 'store_unavailable'
  | 'store_unreleased'
  | 'temporal_ended'
  | 'temporal_refused'
  | 'temporal_silent'
  | 'temporal_too_old'
  | 'token_missing'
  | 'token_unavailable'
  | 'trigger_not_seen'
  | 'unknown_codec_key'
  | 'unknown_delivery'
  | 'unknown_file_kind'
  | 'unknown_namespace'
  | 'unknown_notification'
  | 'unknown_owner'
  | 'unknown_report'
  | 'unknown_run'
  | 'unknown_schedule'
  | 'unknown_send'
  | 'unknown_source'
  | 'unknown_state'
  | 'unknown_workspace'
  | 'unreadable_file'
  | 'unreadable_notification'
  | 'worker_ended';

interface ErrorOptions {
  /** What to do about it. */
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * An error that the user can fix. The message says what happened and to what; `hint` says what to do. The command line prints
 * both without a stack trace.
 * @example throw UserError.input('invalid_time', `"${text}" is not a time`, { hint: 'Write it like "2026-12-01 09:00".' });
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** 1: a failure. 2: wrong input. */
  readonly exitCode: 1 | 2;

  protected constructor(code: ErrorCode, message: string, exitCode: 1 | 2, { hint, cause }: ErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }

  /** What the user gave is wrong: an option, a file, a setting. */
  static input(code: ErrorCode, message: string, options?: ErrorOptions): UserError {
    return new UserError(code, message, 2, options);
  }

  /** The input is right, but it couldn't be done: no server, a closed store, a failed run. */
  static failure(code: ErrorCode, message: string, options?: ErrorOptions): UserError {
    return new UserError(code, message, 1, options);
  }
}

/** The message of anything thrown, for a log line or a sentence: at most 8,192 characters, and without what looks like a secret. */
export function messageOf(error: unknown): string {
  return redact(cut(String(error instanceof Error ? error.message : error)));
}
