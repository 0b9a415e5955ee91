import { redact } from './redact.ts';

/**
 * An error that the person at the terminal can mend. Its message says what happened and where; `hint` says what to do.
 * The command line prints both without a stack trace and exits with `exitCode`:
 * 1 when the world refused (no server, a failed run), 2 when the input was wrong.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, options: { hint?: string; exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 2;
  }
}

/** The message of anything thrown, for a log line or a sentence; without what looks like a secret. */
export function messageOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
