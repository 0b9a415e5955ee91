import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../../lib/errors.ts';
import { parseTime } from '../../../domain/local-time.ts';
import { LISTED_MAX } from '../../../schedule.ts';
import { fireAt } from '../../../scheduling/fires.ts';
import { timesOf } from '../../../scheduling/settings.ts';
import { EMPTY_STORE, withStore } from '../../context.ts';
import { confirm } from '../../output/confirm.ts';
import { printFires } from '../../output/fires.ts';
import { printJson } from '../../output/output.ts';
import { withSchedules } from './options.ts';

export function backfillCommand() {
  return new Command('backfill')
    .description('start the runs of a past period; sends only what was not sent yet')
    .argument('<id>')
    .requiredOption('--from <time>', 'start of the period: "2026-11-20 00:00" in the zone of the schedule, or ISO 8601')
    .requiredOption('--until <time>', 'end of the period; both ends are included')
    .option('--dry-run', 'list the times, but start nothing')
    .option('--yes', 'do not ask before a backfill that reaches into the pruned part of the ledger')
    .option('--json', 'print JSON')
    .action(async (id, { from, until, dryRun = false, yes, json }) => {
      await withSchedules(async (all) => {
        const times = timesOf((await all.describe(id)).spec);
        const [start, end] = [parseTime(from, times.timezone), parseTime(until, times.timezone)];
        checkRange(start, end);
        const fires = (await all.timesBetween(id, new Date(start.getTime() - 1), end)).map((at) => fireAt(at, times));
        if (dryRun) return printFires(fires, { json });
        if (fires.length > 0) await confirmPruned(start, yes);
        if (fires.length > 0) await all.backfill(id, { start, end });
        if (json === true) return printJson({ id, start, end, runs: fires.length });
        const many =
          fires.length === LISTED_MAX
            ? `${LISTED_MAX} runs or more`
            : `${fires.length} run${fires.length === 1 ? '' : 's'}`;
        console.log(
          `Schedule ${id}: ${many} from ${start.toISOString()} to ${end.toISOString()}${fires.length === 0 ? '' : ' started'}`,
        );
      });
    });
}

/** What was pruned is unknown, so it would be sent again. */
async function confirmPruned(start: Date, yes: boolean | undefined): Promise<void> {
  const prunedUntil = await withStore((store) => store.milestones.at('pruned_until'), EMPTY_STORE);
  if (prunedUntil === undefined || start >= prunedUntil) return;
  const until = prunedUntil.toISOString();
  await confirm(`The ledger is pruned up to ${until}: what was sent before may be sent again. Backfill?`, yes);
}

function checkRange(start: Date, end: Date): void {
  const problem =
    start > end ? '--from is after --until' : end.getTime() > Date.now() ? '--until has not come yet' : undefined;
  if (problem === undefined) return;
  throw UserError.input('invalid_range', `${problem} (${start.toISOString()} to ${end.toISOString()})`, {
    hint: 'A backfill needs a period in the past.',
  });
}
