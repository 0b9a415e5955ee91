import { Command } from '@commander-js/extra-typings';
import { deliveriesOf } from '../../client/deliveries.ts';
import type { Delivery } from '../../domain/delivery.ts';
import type { UnconfirmedFilter } from '../../domain/selection.ts';
import { definedOnly } from '../../lib/defined.ts';
import { UserError } from '../../lib/errors.ts';
import { withContext } from '../context.ts';
import { confirm, YES_OPTION } from '../output/confirm.ts';
import { limitOf, printJson, printRows } from '../output/output.ts';

/** Named one by one in a question; of more, their number is enough. */
const NAMED_MAX = 10;
/** Counted exactly in a question. */
const COUNTED_MAX = 1_000;

export function unconfirmedCommand() {
  const command = new Command('unconfirmed').description(
    'settle deliveries of which Slack may or may not have the message',
  );

  narrowed(command.command('list'))
    .description('list unconfirmed deliveries, newest first')
    .option('--limit <count>', 'how many at most', limitOf, 50)
    .option('--json', 'print JSON')
    .action(async ({ limit, json, ...options }) => {
      const rows = await withContext((context) => deliveriesOf(context).unconfirmed(filterOf([], options), { limit }));
      printRows(
        rows,
        {
          ID: (row) => row.id,
          NOTIFICATION: (row) => (row.kind === 'report' ? row.notificationId : `${row.notificationId} (thread)`),
          OCCURRENCE: (row) => row.occurrence,
          CHANNEL: (row) => row.channelName ?? row.channel,
          POSTED: (row) => row.postingAt ?? '–',
          WHY: (row) => row.error?.message ?? '',
        },
        { json, empty: 'Nothing is unconfirmed' },
      );
    });

  narrowed(command.command('confirm'))
    .description('record unconfirmed deliveries as delivered: you have seen them in the channel')
    .argument('[ids...]', 'ids of deliveries from `unconfirmed list`')
    .option('--all', 'every unconfirmed delivery')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (ids, { all, yes, json, ...options }) => {
      const which = whichOf(filterOf(ids, options), all);
      const confirmed = await withContext(async (context) => {
        const deliveries = deliveriesOf(context);
        const found = await deliveries.unconfirmed(which === 'all' ? {} : which, { limit: COUNTED_MAX });
        if (found.length === 0) return 0;
        await confirm(`Record ${countOf(found)} as delivered?`, yes);
        return deliveries.confirm(which);
      });
      if (json === true) printJson({ confirmed });
      else console.log(confirmed === 0 ? 'Nothing is unconfirmed' : `${confirmed} recorded as delivered`);
    });

  narrowed(command.command('resend'))
    .description('resend unconfirmed deliveries that are not in the channel (which is read first, if possible)')
    .argument('[ids...]', 'ids of deliveries from `unconfirmed list`')
    .option('--all', 'every unconfirmed delivery')
    .option(...YES_OPTION)
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async (ids, { all, yes, wait, json, ...options }) => {
      const which = whichOf(filterOf(ids, options), all);
      // Loaded here: the others need no client of Temporal.
      const { fanOut } = await import('../output/fan-out.ts');
      return fanOut(
        async (context) => {
          const deliveries = deliveriesOf(context);
          const found = await deliveries.unconfirmed(which === 'all' ? {} : which, { limit: COUNTED_MAX });
          const reports = found.filter(({ kind }) => kind === 'report');
          if (reports.length === 0) {
            throw UserError.failure('nothing_selected', 'No unconfirmed report matches', {
              hint: 'See them with `slack-reports unconfirmed list`. Posts of threads are not sent again.',
            });
          }
          await confirm(`Send ${countOf(reports)} again, unless found in the channel?`, yes);
          return deliveries.resendUnconfirmed(which);
        },
        { wait, json },
      );
    });

  return command;
}

interface Narrowing {
  run?: string | undefined;
  workspace?: string | undefined;
  notification?: string | undefined;
  channel?: string | undefined;
}

function narrowed(command: Command) {
  return command
    .option('--run <id>', 'only those of this run (its workflow id)')
    .option('--workspace <id>', 'only those of this workspace')
    .option('--notification <id>', 'only those of this notification')
    .option('--channel <id>', 'only those to this channel');
}

function filterOf(ids: readonly string[], { run, workspace, notification, channel }: Narrowing): UnconfirmedFilter {
  return definedOnly({
    ids: ids.length === 0 ? undefined : ids,
    dispatchId: run,
    workspaceId: workspace,
    notificationId: notification,
    channel,
  });
}

function whichOf(filter: UnconfirmedFilter, all: true | undefined): 'all' | UnconfirmedFilter {
  if (Object.keys(filter).length > 0) return filter;
  if (all === true) return 'all';
  throw UserError.input('invalid_selection', 'Say which unconfirmed deliveries', {
    hint: 'Name ids, narrow with --run, --workspace, --notification or --channel, or use --all.',
  });
}

/** "3 deliveries (acme-weekly, lumen-weekly)" */
function countOf(deliveries: readonly Delivery[]): string {
  const many =
    deliveries.length === COUNTED_MAX ? `${COUNTED_MAX} deliveries or more` : `${deliveries.length} deliveries`;
  const count = deliveries.length === 1 ? '1 delivery' : many;
  const names = [...new Set(deliveries.map(({ notificationId }) => notificationId))];
  return names.length <= NAMED_MAX ? `${count} (${names.join(', ')})` : count;
}
