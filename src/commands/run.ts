import { Command } from '@commander-js/extra-typings';
import { UserError } from '../errors.ts';
import { didYouMean } from '../similar.ts';
import type { NotificationFilter } from '../store/notification-filter.ts';
import type { Notification } from '../store/notifications.ts';
import type { Store } from '../store/open.ts';
import { checkNotifications } from './check-notifications.ts';
import { confirm, YES_OPTION } from './confirm.ts';
import { withStore } from './context.ts';
import { fanOut } from './fan-out.ts';
import { forPrograms, tagsOf } from './notification-text.ts';
import { printJson, printRows } from './output.ts';

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
      const filter: NotificationFilter = { ids, tags, ...rest };
      const chosen = await withStore((store) => choose(store, filter));
      if (dryRun === true) return printChosen(chosen, json);
      if (Object.values(filter).every((part) => part === undefined)) {
        await confirm(`Send every notification now? ${chosen.length} are enabled.`, yes);
      }
      if (json !== true) console.error(`Sending ${named(chosen)}`);
      return fanOut({ matching: filter }, { wait, json, idempotencyKey: key });
    });
}

/** The enabled notifications that match. Throws a UserError if there are none. */
async function choose(store: Store, filter: NotificationFilter): Promise<Notification[]> {
  await checkNotifications(store, filter.ids ?? []);
  const fitting = (await store.notifications.list(filter)).filter(
    (row) => row.one_off === 0 || filter.ids !== undefined,
  );
  const enabled = fitting.filter((row) => row.enabled === 1);
  if (enabled.length > 0) return enabled;
  const disabled = fitting.length > 0 ? `; ${fitting.length} disabled ones would` : '';
  throw new UserError('nothing_selected', `No enabled notification matches${disabled}`, {
    hint: await hintFor(store, filter),
  });
}

/** A value that no notification has is probably a typo. */
async function hintFor(store: Store, filter: NotificationFilter): Promise<string> {
  const all = await store.notifications.list();
  const known: Partial<Record<keyof NotificationFilter, string[]>> = {
    schedule: all.map((row) => row.schedule_id ?? ''),
    account: all.map((row) => row.account),
    report: all.map((row) => row.report),
    channel: all.map((row) => row.channel),
    workspace: all.map((row) => row.workspace_id),
    tags: all.flatMap(tagsOf),
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
  const names = rows.slice(0, NAMED_MAX).map((row) => `${row.id} → ${row.channel_name ?? row.channel}`);
  const more = rows.length > NAMED_MAX ? ` and ${rows.length - NAMED_MAX} more` : '';
  return `${rows.length === 1 ? '1 notification' : `${rows.length} notifications`}: ${names.join(', ')}${more}`;
}

function printChosen(rows: readonly Notification[], json: boolean | undefined): void {
  const columns = {
    NOTIFICATION: (row: Notification) => row.id,
    ACCOUNT: (row: Notification) => row.account,
    REPORT: (row: Notification) => row.report,
    CHANNEL: (row: Notification) => row.channel_name ?? row.channel,
    WORKSPACE: (row: Notification) => row.workspace_id,
    PARKED: (row: Notification) => row.parked_message ?? '',
  };
  if (json === true) printJson(rows.map(forPrograms));
  else printRows(rows, columns, { json, empty: '' });
}
