import { Command } from '@commander-js/extra-typings';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { printJson } from '../../output/output.ts';
import { withSchedules } from './options.ts';

export function deleteCommand() {
  return new Command('delete')
    .description('delete a schedule; its notifications stay, but are no longer due')
    .argument('<id>')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (id, { yes, json }) => {
      await withSchedules(async (all) => {
        await all.describe(id);
        await confirm(`Delete schedule ${id}? Its notifications are no longer due.`, yes);
        await all.remove(id);
      });
      if (json === true) printJson({ id, deleted: true });
      else console.log(`Schedule ${id} deleted`);
    });
}
