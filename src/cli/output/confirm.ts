import { createInterface } from 'node:readline/promises';
import { UserError } from '../../lib/errors.ts';

/** What `--yes` is called in every help. */
export const YES_OPTION = ['--yes', 'do not ask; required without a terminal'] as const;

/**
 * Asks before something that cannot be undone, such as "Remove 3 notifications?". Throws a UserError when the answer is no
 * (exit code 1), and when there is no terminal to ask at and no `--yes` (2).
 */
export async function confirm(question: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  // The question goes to standard error, so that the output of the command can be piped.
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw UserError.input('not_confirmed', `${question} There is no terminal to ask at`, {
      hint: 'Use --yes to skip the question.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]).finally(() => terminal.close());
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw UserError.failure('not_confirmed', 'Nothing was done');
}
