import { Command } from '@commander-js/extra-typings';
import { printJson } from '../../output/output.ts';
import { detailsOf, printDetails } from './details.ts';
import { withSchedules } from './options.ts';

export function describeCommand() {
  return new Command('describe')
    .description('show a schedule: when it fires, its policies, its last runs')
    .argument('<id>')
    .option('--json', 'print JSON')
    .action(async (id, { json }) => {
      const details = detailsOf(await withSchedules((all) => all.describe(id)));
      if (json === true) printJson(details);
      else printDetails(details);
    });
}
