import { relative } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../../../config.ts';
import { OWN_REPORTS } from '../../../reports/folder.ts';
import { findsUs, pathToUs, scaffoldReport } from '../../../reports/scaffold.ts';
import { printJson } from '../../output/output.ts';

export function newCommand() {
  return new Command('new')
    .description('write a report of your own, with made-up data and a snapshot test')
    .argument('<name>', 'a-z, 0-9 and "-": open-orders')
    .option('--dir <folder>', `folder to write to (default: ${OWN_REPORTS})`)
    .option('--json', 'print JSON')
    .action(async (name, { dir, json }) => {
      const folder = dir ?? loadConfig().reportsFolder ?? OWN_REPORTS;
      const files = await scaffoldReport(name, folder);
      if (json === true) return printJson({ files });
      console.log(files.map((file) => `Wrote ${file}`).join('\n'));
      console.log(nextSteps(name, folder));
    });
}

function nextSteps(name: string, folder: string): string {
  const isDefault = relative(OWN_REPORTS, folder) === '';
  const option = isDefault ? '' : ` --reports ${folder}`;
  const install = findsUs(folder) ? '' : `\nFor its tests  cd ${folder} && npm install ${pathToUs(folder)}`;
  return `${install}
Look at it     npx slack-reports preview --report ${name} --fixture ${folder}/${name}.fixture.json${option}
With real data npx slack-reports preview --report ${name} --account acme${option}
Test it        npx node --test ${folder}/${name}.test.ts
Send it        npx slack-reports notifications add ${name} --report ${name} --account acme … (see --help)${option}
               A worker that runs already has to be started again to know it.`;
}
