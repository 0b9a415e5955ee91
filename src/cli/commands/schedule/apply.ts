import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../../lib/errors.ts';
import { type Applied, carryOut, type Plan, planOf } from '../../../scheduling/apply.ts';
import { readSchedules, SCHEDULES_FILE } from '../../../scheduling/file.ts';
import { settingTexts, timesText } from '../../../scheduling/settings.ts';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { printDifferences, printJson } from '../../output/output.ts';
import { noteOnIntervals, warnOfOverlap, withSchedules } from './options.ts';

export function applyCommand() {
  return new Command('apply')
    .description('make the schedules match a file, and show what changes')
    .argument('[file]', 'file of schedules; see docs/schedules.md', SCHEDULES_FILE)
    .option('--dry-run', 'show what would change, but change nothing')
    .option('--prune', 'delete schedules that are not in the file; asks first')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (file, { dryRun = false, prune = false, yes, json }) => {
      const declared = readSchedules(file);
      await withSchedules(async (all) => {
        const plan = await planOf(all, declared);
        const removed = prune ? plan.extra : [];
        if (json !== true) printPlan(plan, prune);
        if (!dryRun) {
          if (removed.length > 0)
            await confirm(`Delete ${removed.join(', ')}? Their notifications are no longer due.`, yes);
          const { done, failed } = await carryOut(all, plan, removed);
          const open = [...plan.unreadable.filter(({ id }) => declared.has(id)), ...failed];
          if (open.length > 0) throw notAllApplied(done, open);
        }
        if (json === true) printJson(forPrograms(plan, { removed, dryRun }));
        else console.log(summaryOf(plan, { removed, dryRun }));
      });
    });
}

function printPlan({ added, changed, extra, unreadable }: Plan, prune: boolean): void {
  for (const { id, settings } of added) console.log(`+ ${id}: ${timesText(settings)} ${settings.timezone}`);
  for (const { id, differences } of changed) {
    console.log(`~ ${id}`);
    printDifferences(differences);
  }
  if (prune) for (const id of extra) console.log(`- ${id}`);
  else if (extra.length > 0) console.log(`Not in the file, kept without --prune: ${extra.join(', ')}`);
  for (const { error } of unreadable) console.error(`warning: ${error.message.replace(/\.$/, '')}. It stays as it is.`);
  for (const { settings } of [...added, ...changed]) noteOnIntervals(settings);
  for (const { settings } of [...added, ...changed]) warnOfOverlap(settingTexts(settings).overlap);
}

/** The next `apply` finds only what is not done yet. */
function notAllApplied(done: readonly string[], failed: Applied['failed']): UserError {
  const reasons = failed.map(({ id, error }) => `${id}: ${error.message}`);
  const also = done.length === 0 ? 'Nothing was applied' : `Applied: ${done.join(', ')}`;
  const message = `${also}. Not applied:\n  ${reasons.join('\n  ')}`;
  const hint = 'Correct the file, and apply it again: what is done already stays.';
  const isInput = failed.every(({ error }) => error.exitCode === 2);
  return isInput
    ? UserError.input('invalid_schedules', message, { hint, cause: failed[0]?.error })
    : UserError.failure('refused', message, { hint, cause: failed[0]?.error });
}

interface Outcome {
  removed: readonly string[];
  dryRun: boolean;
}

function summaryOf({ added, changed, unchanged }: Plan, { removed, dryRun }: Outcome): string {
  const counts = Object.entries({ added: added.length, changed: changed.length, removed: removed.length })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  if (counts.length === 0) return `Nothing to change, ${unchanged} unchanged`;
  return `${counts.join(', ')}, ${unchanged} unchanged${dryRun ? ' (--dry-run: nothing was changed)' : ''}`;
}

function forPrograms({ added, changed, extra, unreadable, unchanged }: Plan, { removed, dryRun }: Outcome) {
  return {
    added: added.map(({ id }) => id),
    changed: changed.map(({ id, differences }) => ({ id, differences })),
    removed,
    notInFile: extra.filter((id) => !removed.includes(id)),
    unreadable: unreadable.map(({ id }) => id),
    unchanged,
    dryRun,
  };
}
