import { Command } from '@commander-js/extra-typings';
import { pruneCommand } from './prune.ts';

export function ledgerCommand() {
  return new Command('ledger').description('look after the ledger').addCommand(pruneCommand());
}
