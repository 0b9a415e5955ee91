import { Command } from '@commander-js/extra-typings';
import { type ApplyResult, notificationsOf, plannedOf, resultOf } from '../../../client/notifications.ts';
import { sendsNaming } from '../../../client/sends-naming.ts';
import type { NewNotification } from '../../../domain/notification.ts';
import { type ApplyPlan, DEFAULT_SCOPE } from '../../../notifications/apply.ts';
import { EMPTY_STORE, NEW_STORE, withContext } from '../../context.ts';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { sentenceOf } from '../../../client/notification-text.ts';
import { printDifferences, printJson } from '../../output/output.ts';
import { warnOfSends } from './remove.ts';

/** Notifications shown of each kind of change; more are counted. */
const SHOWN = 100;
/** Notifications that the question names. */
const NAMED = 5;

export function applyCommand() {
  return new Command('apply')
    .description('make the notifications match a file, and show what changes')
    .argument('<file>', '.yaml, .csv with a header line, or .json with an array; see docs/notifications.md')
    .option('--scope <name>', 'which notifications the file owns; those of other scopes stay', DEFAULT_SCOPE)
    .option('--dry-run', 'show what would change, but change nothing')
    .option('--prune', 'remove notifications of the scope that are not in the file; asks first')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .addHelpText('after', APPLY_HELP)
    .action(async (file, { scope, dryRun = false, prune = false, yes, json }) => {
      const result = await withContext(
        async (context): Promise<ApplyResult> => {
          const notifications = notificationsOf(context);
          const plan = await notifications.plan({ file }, { scope });
          const removed = prune ? plan.extra : [];
          if (json !== true) printPlan(plan, prune);
          if (dryRun) return resultOf(plan, plannedOf(plan, removed), dryRun);
          if (removed.length > 0) {
            if (json !== true) warnOfSends(await sendsNaming(context, removed));
            await confirm(`Remove ${named(removed)}?`, yes);
          }
          return resultOf(plan, await notifications.carryOut(plan, removed), dryRun);
        },
        dryRun ? EMPTY_STORE : NEW_STORE,
      );
      if (json === true) printJson(result);
      else console.log(summaryOf(result));
    });
}

const APPLY_HELP = `
All or nothing: if one row is wrong, nothing is applied. A second apply changes nothing. Pauses stay.
The columns are those of \`notifications import\`. The exit code is 2 if a row is wrong.`;

function printPlan({ added, changed, extra, scope }: ApplyPlan, prune: boolean): void {
  printSome(added, (one) => console.log(`+ ${one.id}: ${whatOf(one)}`));
  printSome(changed, ({ notification, differences }) => {
    console.log(`~ ${notification.id}`);
    printDifferences(differences);
  });
  if (prune) return printSome(extra, (id) => console.log(`- ${id}`));
  if (extra.length > 0) console.log(`Not in the file, kept without --prune (scope ${scope}): ${named(extra)}`);
}

function printSome<One>(all: readonly One[], print: (one: One) => void): void {
  for (const one of all.slice(0, SHOWN)) print(one);
  if (all.length > SHOWN) console.log(`  and ${all.length - SHOWN} more (--json has all)`);
}

/** "account-activity of acme → #acme-reports, at 9:00 AM…" */
function whatOf(notification: NewNotification): string {
  const { report, account, channel } = notification;
  return `${report} of ${account} → ${channel.name ?? channel.id}, ${sentenceOf(notification)}`;
}

function named(ids: readonly string[]): string {
  const more = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : '';
  return `${ids.slice(0, NAMED).join(', ')}${more}`;
}

function summaryOf({ added, changed, removed, unchanged, dryRun }: ApplyResult): string {
  const counts = Object.entries({ added, changed, removed })
    .filter(([, { length }]) => length > 0)
    .map(([what, { length }]) => `${length} ${what}`);
  if (counts.length === 0) return `Nothing to change, ${unchanged} unchanged`;
  return `${counts.join(', ')}, ${unchanged} unchanged${dryRun ? ' (--dry-run: nothing was changed)' : ''}`;
}
