import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../../config.ts';
import { startEverything } from '../../dev/start.ts';

export function startCommand() {
  return new Command('start')
    .description('start Temporal, the worker and, without a Slack token, a sandbox with sample reports')
    .option('--worker <file>', 'run your own worker instead of the built-in one')
    .option('--notifications <file>', 'add these to an empty embedded store instead of the sample, and send them')
    .action((options) => startEverything(loadConfig(), process.env, options));
}
