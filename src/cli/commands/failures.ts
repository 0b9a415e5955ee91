import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import { withContext } from '../context.ts';
import { colourState, limitOf, printRows } from '../output/output.ts';

export function failuresCommand() {
  const command = new Command('failures').description('show what did not reach its channel, and what to do about it');
  command
    .command('list')
    .description('list failed, parked, unconfirmed and missed deliveries, newest first')
    .option('--run <id>', 'only those of this run (its workflow id)')
    .option('--workspace <id>', 'only those of this workspace')
    .option('--notification <id>', 'only those of this notification')
    .option('--channel <id>', 'only those to this channel')
    .option('--error <code>', 'only those with this code: is_archived')
    .option('--limit <count>', 'how many at most', limitOf, 50)
    .option('--json', 'print JSON')
    .action(
      async ({
        run: dispatchId,
        workspace: workspaceId,
        notification: notificationId,
        channel,
        error,
        limit,
        json,
      }) => {
        const filter = { dispatchId, workspaceId, notificationId, channel, errorCode: error };
        const rows = await withContext((context) => deliveriesOf(context).failures(filter, { limit }));
        printRows(
          rows,
          {
            NOTIFICATION: (row) => row.notificationId,
            OCCURRENCE: (row) => row.occurrence,
            CHANNEL: (row) => row.channelName ?? row.channel,
            STATE: (row) => colourState(row.state),
            WHY: (row) => row.error?.message ?? '',
            'WHAT TO DO': (row) => row.advice,
          },
          { json, empty: 'Nothing has failed' },
        );
      },
    );
  return command;
}
