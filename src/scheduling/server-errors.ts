import { UserError } from '../lib/errors.ts';

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
/** What was asked for is wrong, and stays so. */
const INVALID_ARGUMENT = 3;
/** Callers know these: a schedule that is not there, or is there already. */
const KNOWN: ReadonlySet<number> = new Set([5, 6]);
/** No refusal: cancelled, too slow, busy, away. */
const NO_ANSWER: ReadonlySet<number> = new Set([1, 4, 8, 14]);

/** What the server says against a schedule, in our words; undefined for errors that are none of the server's, and known ones. */
export function refusalOf(error: unknown, id: string): UserError | undefined {
  const answer = [error, (error as { cause?: unknown } | undefined)?.cause].find(isGrpcError);
  if (answer === undefined || KNOWN.has(answer.code)) return undefined;
  const did = NO_ANSWER.has(answer.code) ? 'did not answer about' : 'refused';
  const what = `The Temporal server ${did} schedule "${id}": ${answer.details}`;
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
