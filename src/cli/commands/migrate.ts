import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../../config.ts';
import { placeOf } from '../../lib/database-url.ts';
import { openStore } from '../../store/open.ts';
import { printJson } from '../output/output.ts';

export function migrateCommand() {
  return new Command('migrate')
    .description('upgrade the tables of the store; the worker and `start` do it too')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const { databaseUrl } = loadConfig();
      await using _ = await openStore(databaseUrl, undefined, { upgrade: true });
      if (json === true) printJson({ store: placeOf(databaseUrl) });
      else console.log(`The store ${placeOf(databaseUrl)} is up to date`);
    });
}
