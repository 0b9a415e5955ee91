import { styleText } from 'node:util';
import { UserError } from './errors.ts';

/**
 * Runs a program. An error that the user can mend is told in two lines, with its exit code; anything else is a defect of
 * ours and keeps its stack trace.
 */
export async function runMain(main: () => Promise<number | void>): Promise<void> {
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (error instanceof UserError) {
      console.error(`${styleText('red', 'error:', { stream: process.stderr })} ${error.message}`);
      if (error.hint !== undefined) console.error(`  ${error.hint}`);
      process.exitCode = error.exitCode;
    } else {
      console.error('This is a defect of slack-reports; please report it with these lines:');
      console.error(error);
      process.exitCode = 70; // EX_SOFTWARE of sysexits.h
    }
  }
  if (process.connected) process.disconnect();
}

/** `| head` stops reading when it has enough: what is being done is still done, and the exit code tells of that. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
