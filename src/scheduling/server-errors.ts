import { UserError } from '../lib/errors.ts';

/** gRPC's INVALID_ARGUMENT: what was asked for is wrong, and stays so. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

/**
 * What the server says against a schedule, in our words; undefined for errors that are none of the server's, and for those that
 * callers know: a schedule that is not there, or is there already.
 */
export function refusalOf(error: unknown, id: string): UserError | undefined {
  const answer = [error, (error as { cause?: unknown } | undefined)?.cause].find(isGrpcError);
  if (answer === undefined || answer.code === NOT_FOUND || answer.code === ALREADY_EXISTS) return undefined;
  const what = `The Temporal server refused schedule "${id}": ${answer.details}`;
  if (answer.code === INVALID_ARGUMENT) {
    return UserError.input('invalid_schedule', what, { hint: 'Change what it names, and try again.', cause: error });
  }
  return UserError.failure('refused', what, {
    hint: 'Try again; `slack-reports doctor` checks the server.',
    cause: error,
  });
}

function isGrpcError(error: unknown): error is Error & { code: number; details: string } {
  return error instanceof Error && 'details' in error && 'code' in error && typeof error.code === 'number';
}
