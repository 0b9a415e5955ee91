import { Command } from '@commander-js/extra-typings';
import type { NotificationFilter, Selection } from '../../domain/selection.ts';
import type { Notification } from '../../domain/notification.ts';
import { UserError } from '../../lib/errors.ts';
import { definedOnly } from '../../lib/defined.ts';
import { didYouMean } from '../../lib/similar.ts';
import type { Store } from '../../store/open.ts';
import { runsOf } from '../../client/runs.ts';
import { checkNotifications } from '../../client/known.ts';
import { confirm, YES_OPTION } from '../output/confirm.ts';
import { withStore } from '../context.ts';
import { fanOut } from '../output/fan-out.ts';
import { printJson, printRows } from '../output/output.ts';

/** Notifications named in one line; more are counted. */
const NAMED_MAX = 5;

export function runCommand() {
  return new Command('run')
    .description('send now, due or not: every enabled notification, or those that match all options')
    .option('--notification <id...>', 'only these notifications')
    .option('--schedule <id>', 'only those that ride this schedule')
    .option('--account <id>', 'only those of this account')
    .option('--report <name>', 'only those with this report')
    .option('--tag <tag...>', 'only those with all of these tags')
    .option('--channel <id>', 'only those to this channel')
    .option('--workspace <id>', 'only those of this workspace')
    .option('--dry-run', 'list what would be sent, but send nothing')
    .option('--key <text>', 'idempotency key: the same key starts one run')
    .option('--no-wait', 'return once the run has started')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async ({ notification: ids, tag: tags, dryRun, key, wait, yes, json, ...rest }) => {
      const filter: NotificationFilter = definedOnly({ ids, tags, ...rest });
      const isAll = Object.keys(filter).length === 0;
      const selection: Selection = isAll ? { kind: 'all' } : { kind: 'matching', filter };
      const chosen = await withStore((store) => choose(store, filter));
      if (dryRun === true) return printChosen(chosen, json);
      if (isAll) {
        await confirm(`Send every notification now? ${chosen.length} are enabled.`, yes);
      }
      if (json !== true) console.error(`Sending ${named(chosen)}`);
      return fanOut((context) => runsOf(context).start({ selection, idempotencyKey: key }), { wait, json });
    });
}

/** The enabled notifications that match. Throws a UserError if there are none. */
async function choose(store: Store, filter: NotificationFilter): Promise<Notification[]> {
  await checkNotifications(store, filter.ids ?? []);
  const matching = (await store.notifications.list(filter)).filter(
    ({ due }) => due.kind !== 'once' || filter.ids !== undefined,
  );
  const enabled = matching.filter((notification) => notification.enabled);
  if (enabled.length > 0) return enabled;
  const disabled = matching.length > 0 ? `; ${matching.length} disabled ones would` : '';
  throw UserError.input('nothing_selected', `No enabled notification matches${disabled}`, {
    hint: await hintFor(store, filter),
  });
}

/** A value that no notification has is probably a typo. */
async function hintFor(store: Store, filter: NotificationFilter): Promise<string> {
  const all = await store.notifications.list();
  const known: Partial<Record<keyof NotificationFilter, string[]>> = {
    schedule: all.flatMap(({ due }) => (due.kind === 'schedule' ? [due.scheduleId] : [])),
    account: all.map((one) => one.account),
    report: all.map((one) => one.report),
    channel: all.map((one) => one.channel.id),
    workspace: all.map((one) => one.workspaceId),
    tags: all.flatMap((one) => one.tags),
  };
  for (const [part, words] of Object.entries(known)) {
    const unknown = [filter[part as keyof NotificationFilter] ?? []].flat().find((word) => !words.includes(word));
    const meant = unknown === undefined ? undefined : didYouMean(unknown, new Set(words));
    if (meant !== undefined) return `None has "${unknown}". ${meant}`;
  }
  return 'See `slack-reports notifications list`. A notification must match every option.';
}

/** "3 notifications: acme-weekly → #acme-reports, …" */
function named(rows: readonly Notification[]): string {
  const names = rows.slice(0, NAMED_MAX).map((row) => `${row.id} → ${row.channel.name ?? row.channel.id}`);
  const more = rows.length > NAMED_MAX ? ` and ${rows.length - NAMED_MAX} more` : '';
  return `${rows.length === 1 ? '1 notification' : `${rows.length} notifications`}: ${names.join(', ')}${more}`;
}

function printChosen(rows: readonly Notification[], json: boolean | undefined): void {
  const columns = {
    NOTIFICATION: (row: Notification) => row.id,
    ACCOUNT: (row: Notification) => row.account,
    REPORT: (row: Notification) => row.report,
    CHANNEL: (row: Notification) => row.channel.name ?? row.channel.id,
    WORKSPACE: (row: Notification) => row.workspaceId,
    PARKED: (row: Notification) => row.parked?.message ?? '',
  };
  if (json === true) printJson(rows);
  else printRows(rows, columns, { json, empty: '' });
}
