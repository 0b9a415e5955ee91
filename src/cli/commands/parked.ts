import { Command } from '@commander-js/extra-typings';
import { adviceFor } from '../../client/advice.ts';
import { withStore } from '../context.ts';
import { printRows } from '../output/output.ts';

export function parkedCommand() {
  const command = new Command('parked').description('show parked workspaces and notifications');
  command
    .command('list')
    .description('list what is parked, why, and how many deliveries wait')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const rows = await withStore(async (store) =>
        Promise.all(
          (await store.parking.list()).map(async (parked) => {
            const filter =
              parked.kind === 'workspace'
                ? { workspaceId: parked.id, notificationParked: false as const }
                : { notificationId: parked.id };
            const { parked: waiting = 0 } = await store.deliveries.countByState({ ...filter, states: ['parked'] });
            return { ...parked, waiting, advice: adviceFor(parked.code) };
          }),
        ),
      );
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
