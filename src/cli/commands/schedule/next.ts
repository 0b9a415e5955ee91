import { Command } from '@commander-js/extra-typings';
import type { ScheduleDescription } from '@temporalio/client';
import { durationText } from '../../../lib/duration.ts';
import type { Fire } from '../../../domain/fires.ts';
import { parseTime } from '../../../domain/local-time.ts';
import { TZ_VERSION } from '../../../domain/recurrence/recurrence.ts';
import { LISTED_MAX, type Schedules } from '../../../schedule.ts';
import { firesBetween, firstFires, lookFrom, remarked } from '../../../scheduling/fires.ts';
import { parseSettings, requireTrigger, type ScheduleInput } from '../../../scheduling/input.ts';
import { DEFAULTS, type ScheduleTimes, timesOf } from '../../../scheduling/settings.ts';
import { countOf, FIRES_MAX, printFires } from '../../output/fires.ts';
import { withSchedules, withTimes } from './options.ts';

export function nextCommand() {
  return withTimes(
    new Command('next')
      .description(
        'list when a schedule fires next, and how clock changes move it; also for one you have not created yet',
      )
      .argument('[id]', 'an existing schedule; --cron and the like show it as if updated'),
  )
    .option('--count <n>', `how many, up to ${FIRES_MAX}`, '10')
    .option('--after <time>', 'those after this time, such as "2027-03-27", instead of now')
    .option('--json', 'print JSON')
    .action(async (id, { count: countText, after: afterText, json, ...named }) => {
      const count = countOf(countText);
      const fires = async (times: ScheduleTimes, ask?: Ask) => {
        const after = afterText === undefined ? new Date() : parseTime(afterText, times.timezone);
        return firstFires(count, after, ask ?? ((from, until) => firesBetween(times, from, until)));
      };
      if (id === undefined) return printFires(await fires(timesNamed(DEFAULTS, named)), { json });
      await withSchedules(async (all) => {
        const now = await all.describe(id);
        const times = timesNamed(timesOf(now.spec), named);
        const changed = Object.values(named).some((value) => value !== undefined);
        printFires(await fires(times, changed ? undefined : asServer(all, id, times)), { json });
        for (const remark of remarksOn(now)) console.error(`note: ${remark}`);
        if (!changed && (now.spec.jitter ?? 0) === 0) await warnOfOtherRules(all, id, times);
      });
    });
}

type Ask = (from: Date, until: Date) => Promise<Fire[]>;

/** The server says when it fires; what it leaves out where the clock is changed is ours to say. */
function asServer(all: Schedules, id: string, times: ScheduleTimes): Ask {
  return async (from, until) => {
    const early = await all.timesBetween(id, lookFrom(times, from), until);
    const fires = early.length < LISTED_MAX ? early.filter((at) => at > from) : await all.timesBetween(id, from, until);
    const last = fires.at(-1);
    return remarked(fires, times, from, fires.length < LISTED_MAX || last === undefined ? until : last);
  };
}

/** A schedule that was made elsewhere follows the server's own rules. */
async function warnOfOtherRules(all: Schedules, id: string, times: ScheduleTimes): Promise<void> {
  const difference = await all.differsFrom(id, times, new Date(), 400 * 86_400_000);
  if (difference === undefined) return;
  const { server = 'no time', ours = 'no time' } = difference;
  console.error(
    `warning: it fires at ${server} by the server's rules, and would at ${ours} by tz ${TZ_VERSION} of Node`,
  );
  console.error(`  Give it these rules: slack-reports schedule update ${id} --timezone ${times.timezone}`);
}

function timesNamed(now: ScheduleTimes, named: ScheduleInput): ScheduleTimes {
  const times = { ...now, ...parseSettings(named, now) };
  requireTrigger(times);
  return times;
}

function remarksOn({ state, spec }: ScheduleDescription): string[] {
  return [
    ...(spec.jitter ? [`the times include the jitter of up to ${durationText(spec.jitter)}`] : []),
    ...(state.paused ? ['it is paused, and does not fire until it is unpaused'] : []),
    ...(state.remainingActions === undefined ? [] : [`it fires ${state.remainingActions} more times`]),
  ];
}
