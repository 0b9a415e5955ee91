import { basename, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../lib/errors.ts';
import { packageManifest } from '../../lib/manifest.ts';
import { findsUs } from '../../reports/scaffold.ts';
import { printJson } from '../output/output.ts';
import { type Addition, addToPackage, findPackageManager, writeProjectFiles } from './init-project.ts';

export function initCommand() {
  return new Command('init')
    .description('add slack-reports to this project: a worker, workflows, a source, and a report that runs at once')
    .option('--no-install', 'only write files, even if slack-reports is not installed here')
    .option('--json', 'print JSON')
    .action(async ({ install, json }) => {
      const manager = findPackageManager('.', process.env);
      const added = addToPackage('.', { name: basename(resolve('.')), version: packageManifest().version });
      const files: Addition[] = [...added.files, ...writeProjectFiles('.')];
      if (json !== true) for (const { file, isNew } of files) console.log(`${isNew ? 'Wrote' : 'Kept '} ${file}`);
      const isInstalled = findsUs('.');
      if (!isInstalled && install) await installWith(manager, json === true);
      if (json === true) return printJson({ files, start: `${manager} run ${added.script}` });
      const first = isInstalled || install ? '' : `${manager} install && `;
      console.log(`
Start it       ${first}${manager} run ${added.script}
               It starts Temporal and a local Slack, and sends the first report to http://127.0.0.1:4747
Change it      my-reports/hello.ts
Who gets it    notifications.json, or your own tables: my-sources/customers.ts
For real Slack SLACK_BOT_TOKEN in .env; see .env.example`);
    });
}

/** Its own output is for people, so it never mixes with ours. */
async function installWith(manager: string, isSilent: boolean): Promise<void> {
  // Loaded here, since it takes 100 ms, and most projects have us installed.
  const { execa } = await import('execa');
  const { failed } = await execa(manager, ['install'], {
    reject: false,
    stdio: ['ignore', isSilent ? 'ignore' : 'inherit', 'inherit'],
  });
  if (failed) {
    throw UserError.failure('not_installed', `\`${manager} install\` failed`, {
      hint: 'The files are written. Install slack-reports, then start it.',
    });
  }
}
