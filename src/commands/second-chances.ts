import { Command } from '@commander-js/extra-typings';
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import { definedOnly } from '../lib/defined.ts';
import type { Store } from '../store/open.ts';
import { confirm, YES_OPTION } from './confirm.ts';
import { withClient, withStore } from './context.ts';
import { fanOut } from './fan-out.ts';
import { printJson } from './output.ts';

export function resumeCommand() {
  return new Command('resume')
    .description('send parked deliveries (fix the token or channel first)')
    .argument('<id>', 'a workspace or a notification, as `parked list` names it')
    .option('--within <duration>', 'mark what was due longer ago as missed', '24 hours')
    .option('--no-wait', 'return as soon as the run has started')
    .option('--json', 'print JSON')
    .action(async (id, { within, ...options }) => {
      const withinMs = parseDuration(within);
      if (withinMs === undefined || withinMs <= 0) {
        const hint = 'Write it like "2 hours".';
        throw new UserError('invalid_duration', `--within "${within}" is not a duration`, { hint });
      }
      const kind = await withStore((store) => kindOfParked(store, id));
      return fanOut({ kind: 'parked', owner: { kind, id }, withinMs }, options);
    });
}

export function redriveCommand() {
  return new Command('redrive')
    .description('try failed deliveries again; delivered and unconfirmed ones are never touched')
    .option('--run <id>', 'only those of this run (its workflow id)')
    .option('--workspace <id>', 'only those of this workspace')
    .option('--notification <id>', 'only those of this notification')
    .option('--channel <id>', 'only those to this channel')
    .option('--error <code>', 'only those that failed with this code, such as invalid_blocks')
    .option('--all', 'all failed deliveries')
    .option('--no-wait', 'return as soon as the run has started')
    .option('--json', 'print JSON')
    .action(async ({ run, workspace, notification, channel, error, all, ...options }) => {
      const filter = definedOnly({
        dispatchId: run,
        workspaceId: workspace,
        notificationId: notification,
        channel,
        errorCode: error,
      });
      const isAll = Object.keys(filter).length === 0;
      if (isAll && all !== true) {
        throw new UserError('invalid_selection', 'Say which failed deliveries to try again', {
          hint: 'Narrow with --run, --workspace, --notification, --channel or --error, or give --all.',
        });
      }
      return fanOut({ kind: 'failed', which: isAll ? 'all' : filter }, options);
    });
}

export function resendCommand() {
  return new Command('resend')
    .description('post one occurrence a second time, on purpose')
    .argument('<notification>')
    .option('--occurrence <key>', 'as `deliveries list` shows it (default: the newest)')
    .option('--no-wait', 'return as soon as the run has started')
    .option('--json', 'print JSON')
    .action(async (notificationId, { occurrence: wanted, ...options }) => {
      const [row] = await withStore((store) => store.deliveries.list({ notificationId, occurrence: wanted }, 1));
      if (row === undefined) {
        const which = wanted === undefined ? 'no deliveries' : `no delivery for ${wanted}`;
        throw new UserError('unknown_delivery', `Notification "${notificationId}" has ${which}`, {
          hint: `List them with \`slack-reports deliveries list --notification ${notificationId}\`.`,
        });
      }
      return fanOut({ kind: 'delivery', notificationId, occurrence: row.occurrence }, options);
    });
}

export function cancelCommand() {
  return new Command('cancel')
    .description('cancel a run: what has not been posted yet is not; what is being posted is finished')
    .argument('<run>', 'its workflow id')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (workflowId, { yes, json }) => {
      await withClient(async (client) => {
        const handle = client.workflow.getHandle(workflowId);
        const { status } = await handle.describe().catch((error: unknown) => {
          throw new UserError('unknown_run', `There is no run "${workflowId}"`, { exitCode: 1, cause: error });
        });
        if (status.name !== 'RUNNING') {
          throw new UserError('run_ended', `Run "${workflowId}" has ended already (${status.name.toLowerCase()})`, {
            exitCode: 1,
          });
        }
        await confirm(`Cancel ${workflowId}? What it has not posted yet will not be.`, yes);
        await handle.cancel();
        // Cancelled is how it ends; what counts is that it has.
        await handle.result().catch(() => undefined);
      });
      const counts = await withStore((store) => store.deliveries.countByState({ runId: workflowId }));
      if (json === true) return printJson({ workflowId, ...counts });
      const parts = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
      console.log(`Run ${workflowId} cancelled: ${parts.join(', ') || 'nothing was claimed'}`);
    });
}

async function kindOfParked(store: Store, id: string): Promise<'workspace' | 'notification'> {
  const parked = (await store.parking.list()).filter((entry) => entry.id === id);
  if (parked.length === 1 && parked[0] !== undefined) return parked[0].kind;
  // A workspace and a notification of one name are both parked: the workspace holds up more.
  if (parked.length > 1) return 'workspace';
  throw new UserError('not_parked', `Nothing is parked by the name "${id}"`, {
    hint: 'List what is parked with `slack-reports parked list`.',
    exitCode: 1,
  });
}
