import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../../config.ts';
import { startEverything } from '../../dev/start.ts';

export function startCommand() {
  return new Command('start')
    .description('start Temporal, the worker and, without a Slack token, a sandbox with sample reports')
    .action(() => startEverything(loadConfig(), process.env));
}
