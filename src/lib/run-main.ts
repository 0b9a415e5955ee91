import { inspect, styleText } from 'node:util';
import { messageOf, type UserError } from './errors.ts';
import { ordinaryTrouble } from './ordinary-trouble.ts';
import { redact, redactError } from './redact.ts';
import { printable, printableJson } from './printable.ts';

/** How long a program that is over may take to end by itself, in milliseconds: a native thread or a socket may hold it forever. */
const END_MS = 3_000;
/** Of sysexits.h: an internal error. */
const EX_SOFTWARE = 70;

/**
 * Runs a program. An error that the user can fix prints two lines, with its exit code. Anything else is a bug of ours
 * and keeps its stack trace, also where nothing awaits it. With `json` both are one JSON document on standard error. A program
 * that failed ends, whatever still runs in it, so that a supervisor can start it again; with `endsAtOnce` one that did not, too.
 */
export async function runMain(
  main: () => Promise<number | void>,
  { json = false, endsAtOnce = false } = {},
): Promise<void> {
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  // Node would print it as it is, with the secrets in it.
  process.on('uncaughtException', (error) => process.exit(report(error, json)));
  try {
    process.exitCode = (await main()) ?? 0;
    if (endsAtOnce) endSoon();
  } catch (error) {
    process.exitCode = report(error, json);
    endSoon();
  }
  if (process.connected) process.disconnect();
}

/** Does not keep the process alive. */
function endSoon(): void {
  setTimeout(() => process.exit(), END_MS).unref();
}

/** Prints it, and returns the exit code. */
function report(error: unknown, json: boolean): number {
  const trouble = ordinaryTrouble(error);
  if (trouble === undefined) {
    if (json) printJsonError({ code: 'bug', message: messageOf(error), stack: stackOf(error) });
    else printBug(error);
    return EX_SOFTWARE;
  }
  const { code, message, hint, exitCode } = trouble;
  if (json) printJsonError({ code, message: redact(message), hint });
  else printError(trouble);
  return exitCode;
}

function printError({ message, hint }: UserError): void {
  console.error(`${styleText('red', 'error:', { stream: process.stderr })} ${printable(redact(message))}`);
  if (hint !== undefined) console.error(`  ${printable(redact(hint))}`);
}

function printBug(error: unknown): void {
  console.error('This is a bug in slack-reports. Please report it with these lines:');
  console.error(printable(inspect(redactError(error))));
}

function stackOf(error: unknown): string | undefined {
  const clean = redactError(error);
  return clean instanceof Error ? clean.stack : undefined;
}

/** `{ "error": { "code", "message", "hint" } }` on one line of standard error. */
export function printJsonError(error: {
  code: string;
  message: string;
  hint?: string | undefined;
  stack?: string | undefined;
}): void {
  console.error(printableJson(JSON.stringify({ error })));
}

/** `| head` stops reading early. The work is still done, and the exit code says how it went. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
