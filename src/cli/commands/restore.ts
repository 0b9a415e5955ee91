import { Command } from '@commander-js/extra-typings';
import { stageBackup } from '../../store/backup.ts';
import { sqliteFile } from '../../lib/database-url.ts';
import { embeddedUrl } from './backup.ts';
import { confirm, YES_OPTION } from '../output/confirm.ts';
import { printJson } from '../output/output.ts';

export function restoreCommand() {
  return new Command('restore')
    .description('replace the embedded store with a backup; stop the worker first')
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
      if (kept !== undefined) console.log(`The previous store: ${kept}`);
      console.log(
        'Deliveries due before now are looked up in their channel before they are posted. What schedules sent since the ' +
          `backup is not in the ledger. To send what did not arrive:\n  slack-reports schedule backfill <id> ` +
          `--from ${takenAt} --until ${new Date().toISOString()}`,
      );
    });
}
