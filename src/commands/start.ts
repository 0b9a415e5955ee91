import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config.ts';
import { startEverything } from '../start/start-everything.ts';

export function startCommand() {
  return new Command('start')
    .description('start everything on this machine; without a Slack token, with the sandbox and the sample')
    .action(() => startEverything(loadConfig(), process.env));
}
