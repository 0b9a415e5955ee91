import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../../config.ts';
import { UserError } from '../../lib/errors.ts';
import { isPostgres } from '../../lib/database-url.ts';
import { backUp } from '../../store/backup.ts';
import { printJson } from '../output/output.ts';

export function backupCommand() {
  return new Command('backup')
    .description('copy the embedded store to a file; the worker may keep running')
    .argument('<file>')
    .option('--force', 'overwrite the file')
    .option('--json', 'print JSON')
    .action(async (file, { force = false, json }) => {
      const contents = await backUp(embeddedUrl('pg_dump'), file, { force });
      if (json === true) return printJson({ file, ...contents });
      const { notifications, deliveries } = contents;
      console.log(`${file}: ${notifications} notifications and ${deliveries} deliveries, as of ${contents.takenAt}`);
    });
}

/** Throws a UserError that names the tool for Postgres, which has its own. */
export function embeddedUrl(tool: string): string {
  const { databaseUrl } = loadConfig();
  if (!isPostgres(databaseUrl)) return databaseUrl;
  throw UserError.input('store_not_embedded', 'The store is in Postgres, which is backed up with its own tools', {
    hint: `Use ${tool}: https://www.postgresql.org/docs/current/backup.html. See docs/upgrading.md.`,
  });
}
