import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import { withContext } from '../context.ts';
import { printRows } from '../output/output.ts';

export function parkedCommand() {
  const command = new Command('parked').description('show parked workspaces and notifications');
  command
    .command('list')
    .description('list parked workspaces and notifications, why, and how many deliveries wait')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const rows = await withContext((context) => deliveriesOf(context).parked());
      printRows(
        rows,
        {
          PARKED: (row) => `${row.kind} ${row.id}`,
          SINCE: (row) => row.since,
          WAITING: (row) => String(row.waiting),
          WHY: (row) => row.message,
          'WHAT TO DO': (row) => `${row.advice}, then: slack-reports resume ${row.id}`,
        },
        { json, empty: 'Nothing is parked' },
      );
    });
  return command;
}
