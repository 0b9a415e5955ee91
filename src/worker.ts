import { parseArgs } from 'node:util';
import { messageOf, UserError } from './lib/errors.ts';
import { runMain } from './lib/run-main.ts';
import { work } from './work.ts';

// What it writes is for its user alone.
process.umask(0o077);

await runMain(async () => {
  readOptions();
  await work();
});

/** `--reports <folder>` is another way to say SLACK_REPORTS_DIR, as in the command line. */
function readOptions(): void {
  try {
    const { reports } = parseArgs({ options: { reports: { type: 'string' } } }).values;
    if (reports !== undefined) process.env['SLACK_REPORTS_DIR'] = reports;
  } catch (error) {
    throw UserError.input('invalid_options', messageOf(error), { hint: 'The worker knows --reports <folder>.' });
  }
}
