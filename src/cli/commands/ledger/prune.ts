import { Command } from '@commander-js/extra-typings';
import { PRUNE_MIN_MS } from '../../../config.ts';
import { isPostgres } from '../../../lib/database-url.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { shutdownSignal } from '../../../lib/shutdown-signal.ts';
import type { Pruned } from '../../../store/ledger/prune.ts';
import { withStore } from '../../context.ts';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { printJson } from '../../output/output.ts';

export function pruneCommand() {
  return new Command('prune')
    .description('delete old deliveries, but keep those that ensure "once"; workers may keep running')
    .requiredOption('--older-than <duration>', 'delete deliveries that were due, claimed and ended longer ago: 180d')
    .option('--dry-run', 'count them, but delete nothing')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async ({ olderThan, dryRun = false, yes, json }) => {
      const ms = parseDuration(olderThan, { name: '--older-than', minMs: PRUNE_MIN_MS, example: '180d' });
      const before = new Date(Date.now() - ms);
      const ending = shutdownSignal();
      await withStore(async (store, { databaseUrl }) => {
        if (!dryRun) await confirm(`Delete deliveries that were due before ${before.toISOString()}?`, yes);
        const pruned = await store.prune({ before, dryRun, signal: ending });
        if (!pruned.done) process.exitCode = 1;
        if (json === true) return printJson({ dryRun, ...pruned });
        for (const line of linesOf(pruned, dryRun)) console.log(line);
        if (!dryRun && pruned.deleted > 0) console.log(isPostgres(databaseUrl) ? VACUUM.postgres : VACUUM.sqlite);
      });
    });
}

function linesOf({ before, deleted, kept, done }: Pruned, dryRun: boolean): string[] {
  const { open, keyed, last, recent } = kept;
  return [
    `${dryRun ? 'Would delete' : 'Deleted'} ${deleted} deliveries that were due before ${before}`,
    `Kept: ${open} open or parked, ${keyed} sent for a key, ${last} the last of their notification, ${recent} claimed or ended later`,
    ...(done ? [] : ['Stopped before the end: run it again, it goes on']),
    ...(dryRun ? [] : [`A backfill of a time before ${before} may send again what was sent then`]),
  ];
}

const VACUUM = {
  sqlite:
    'The room is used again; the file does not shrink. To shrink it, stop the workers and run: sqlite3 FILE "vacuum"',
  postgres: 'Autovacuum makes the room usable again. After a large prune run: vacuum (analyze) deliveries',
};

const HELP = `
Deletes in small pages with a rest after each, so deliveries continue. Keeps open and parked deliveries, those
with a key, and the last delivered report of each notification.
SLACK_REPORTS_LEDGER_RETENTION does the same once a day. docs/production.md#how-long-the-ledger-is-kept`;
