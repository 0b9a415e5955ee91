import { parseArgs } from 'node:util';
import { messageOf, UserError } from './lib/errors.ts';
import { runMain } from './lib/run-main.ts';
import { work } from './work.ts';

// What it writes is for its user alone.
process.umask(0o077);

await runMain(
  async () => {
    readOptions();
    await work();
  },
  { endsAtOnce: true },
);

/** Other ways to say SLACK_REPORTS_DIR and SLACK_REPORTS_SOURCES_DIR, as in the command line. */
function readOptions(): void {
  try {
    const { reports, sources } = parseArgs({
      options: { reports: { type: 'string' }, sources: { type: 'string' } },
    }).values;
    if (reports !== undefined) process.env['SLACK_REPORTS_DIR'] = reports;
    if (sources !== undefined) process.env['SLACK_REPORTS_SOURCES_DIR'] = sources;
  } catch (error) {
    const hint = 'The worker knows --reports <folder> and --sources <folder>.';
    throw UserError.input('invalid_options', messageOf(error), { hint });
  }
}
