import { Command } from '@commander-js/extra-typings';
import { withStore } from '../../context.ts';
import { printRows } from '../../output/output.ts';

export function listCommand() {
  return new Command('list')
    .description('list the workspaces')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const rows = await withStore((store) => store.workspaces.list());
      const columns = {
        WORKSPACE: (row: (typeof rows)[number]) => row.id,
        NAME: (row: (typeof rows)[number]) => row.name,
        TOKEN: (row: (typeof rows)[number]) => row.tokenRef,
      };
      printRows(rows, columns, { json, empty: 'No workspaces' });
    });
}
