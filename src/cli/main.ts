import { Command, CommanderError } from '@commander-js/extra-typings';
import { commandsFor } from './commands/index.ts';
import { loadEnvFile } from '../lib/env-file.ts';
import { keepCompiled } from '../lib/folders.ts';
import { redact } from '../lib/redact.ts';
import { printable, printSafely } from '../lib/printable.ts';
import { useProxyOf } from '../lib/proxy.ts';
import { printJsonError, runMain } from '../lib/run-main.ts';
import { packageManifest } from '../lib/manifest.ts';

keepCompiled(process.env);
printSafely();

const program: Command = new Command('slack-reports')
  .description('Scheduled report notifications to Slack, on Temporal')
  .version(
    `${packageManifest().version} (Node ${process.versions.node}, tz database ${process.versions['tz'] ?? 'unknown'})`,
  )
  .option(
    '--reports <folder>',
    'folder of your own reports, for every command; also SLACK_REPORTS_DIR (default: my-reports)',
  )
  .option(
    '--sources <folder>',
    'folder of your sources of notifications; also SLACK_REPORTS_SOURCES_DIR (default: my-sources)',
  )
  .hook('preAction', (root) => {
    useFolders(root.opts());
    useProxyOf(process.env);
  })
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 not done (no server, a delivery failed), 2 wrong input, 70 a bug in slack-reports.',
  );

/** Read before all options are, so that an error in them is told as the program that asks expects it. */
const json = process.argv.includes('--json');

await runMain(
  async () => {
    loadEnvFile();
    throwInsteadOfExit(program);
    try {
      const [first, second] = program.parseOptions(process.argv.slice(2)).operands;
      for (const command of await commandsFor(first === 'help' ? second : first, program)) program.addCommand(command);
      throwInsteadOfExit(program);
      await program.parseAsync();
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      // Commander has printed its message, or the help that was asked for.
      if (error.exitCode === 0) return 0;
      if (json) printJsonError(inOurWords(error));
      return 2;
    }
    return Number(process.exitCode ?? 0);
  },
  { json },
);

/** "error: unknown option '--acount'\n(Did you mean --account?)" */
function inOurWords({ code, message }: CommanderError): { code: string; message: string; hint?: string } {
  const [said = '', ...hints] = message.replace(/^error: /, '').split('\n');
  const hint = hints.join(' ').replaceAll(/^\(|\)$/g, '');
  const words = code.replace('commander.', '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { code: words, message: said, ...(hint !== '' && { hint }) };
}

/** Read by `loadConfig`, and by the worker that `start` starts. */
function useFolders({ reports, sources }: { reports?: unknown; sources?: unknown }): void {
  if (typeof reports === 'string') process.env['SLACK_REPORTS_DIR'] = reports;
  if (typeof sources === 'string') process.env['SLACK_REPORTS_SOURCES_DIR'] = sources;
}

/** Commander ends the process by itself otherwise, with exit code 1 for wrong input. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(see --help)');
  command.configureOutput({
    // What it says repeats what it was given.
    writeErr: (text) => {
      if (!json) process.stderr.write(printable(redact(text)));
    },
  });
  for (const sub of command.commands) throwInsteadOfExit(sub as Command);
}
