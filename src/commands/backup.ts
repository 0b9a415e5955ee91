import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { backUp, stageBackup } from '../store/backup.ts';
import { isPostgres, sqliteFile } from '../lib/database-url.ts';
import { confirm, YES_OPTION } from './confirm.ts';
import { printJson } from './output.ts';

export function backupCommand() {
  return new Command('backup')
    .description('write a consistent copy of the embedded store to a file, while everything runs')
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

export function restoreCommand() {
  return new Command('restore')
    .description('put a backup in the place of the embedded store; the worker must not run')
    .argument('<file>')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (file, { yes, json }) => {
      const url = embeddedUrl('pg_restore');
      using staged = await stageBackup(url, file);
      const { takenAt, ...counts } = staged.contents;
      const what = `${counts.notifications} notifications and ${counts.deliveries} deliveries as of ${takenAt}`;
      await confirm(`Replace the store ${sqliteFile(url)} with ${what}?`, yes);
      const { kept } = await staged.restore();
      if (json === true) return printJson({ file, takenAt, kept, ...counts });
      console.log(`${sqliteFile(url)} restored: ${what}`);
      if (kept !== undefined) console.log(`The store as it was: ${kept}`);
      console.log(
        'Whatever was due before now is looked up in its channel before it is posted. What schedules sent since the backup ' +
          `is not in the ledger; to send of it what did not arrive:\n  slack-reports schedule backfill <id> ` +
          `--from ${takenAt} --until ${new Date().toISOString()}`,
      );
    });
}

/** Throws a UserError that names the tool for Postgres, which has its own. */
function embeddedUrl(tool: string): string {
  const { databaseUrl } = loadConfig();
  if (!isPostgres(databaseUrl)) return databaseUrl;
  throw new UserError('store_not_embedded', 'The store is in Postgres, which is backed up with its own tools', {
    hint: `Use ${tool}: https://www.postgresql.org/docs/current/backup.html. docs/upgrading.md says what to mind.`,
  });
}
