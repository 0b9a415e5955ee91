import { Command } from '@commander-js/extra-typings';
import type { ScheduleDescription, ScheduleSummary } from '@temporalio/client';
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import { schedules } from '../schedule.ts';
import { withClient } from './context.ts';
import { printJson, printRows } from './output.ts';

/** The least that the server takes, in milliseconds. */
const CATCHUP_LEAST_MS = 10_000;

type Schedules = ReturnType<typeof schedules>;

export function scheduleCommand() {
  const command = new Command('schedule').description('Temporal schedules that start a run');

  command
    .command('create')
    .description('create a schedule; the notifications that ride it are due whenever it fires')
    .argument('<id>', 'its name, which notifications ride by')
    .requiredOption('--cron <expression>', 'five fields: minute hour day-of-month month day-of-week')
    .option('--timezone <name>', 'IANA zone that the cron is read in', 'UTC')
    .option('--catchup-window <duration>', 'how late a tick may still start after the server was down', '1 hour')
    .option('--window <duration>', 'spread the posts over this time after each tick', '0 seconds')
    .option('--paused', 'create it paused')
    .option('--note <text>', 'shown in the Web UI')
    .option('--json', 'print JSON')
    .action(async (id, options) => {
      const { cron, timezone, paused, note } = options;
      const catchupWindow = durationOf('--catchup-window', options.catchupWindow, CATCHUP_LEAST_MS);
      const windowS = Math.round(durationOf('--window', options.window, 0) / 1_000);
      await withSchedules(async (all) => {
        await all.create({ id, cron, timezone, catchupWindow, windowS, paused, note });
        const next = nextOf(await all.describe(id))[0];
        if (options.json === true) printJson({ id, cron, timezone, next });
        else console.log(`Schedule ${id} created${next === undefined ? '' : `; first run ${next}`}`);
      });
    });

  command
    .command('list')
    .description('list the schedules of the namespace')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const rows = (await withSchedules((all) => all.list())).map(summaryOf);
      printRows(
        rows,
        {
          SCHEDULE: (row) => row.id,
          CRON: (row) => row.cron ?? '(made elsewhere)',
          STATE: (row) => (row.paused ? 'paused' : 'active'),
          'NEXT RUN': (row) => row.next ?? '–',
          'LAST RUN': (row) => row.last ?? '–',
          NOTE: (row) => row.note ?? '',
        },
        { json, empty: 'No schedules. Create one: slack-reports schedule create <id> --cron "0 9 * * MON-FRI"' },
      );
    });

  command
    .command('describe')
    .description('show one schedule: when it fires, its policies, its last runs')
    .argument('<id>')
    .option('--json', 'print JSON')
    .action(async (id, { json }) => {
      const described = detailsOf(await withSchedules((all) => all.describe(id)));
      if (json === true) return printJson(described);
      for (const [label, value] of Object.entries(described)) {
        console.log(
          `${`${label}:`.padEnd(16)} ${Array.isArray(value) ? value.join('\n'.padEnd(18)) || '–' : (value ?? '–')}`,
        );
      }
    });

  command
    .command('trigger')
    .description('start a run of the schedule now; for its riders it is an occurrence of its own')
    .argument('<id>')
    .option('--json', 'print JSON')
    .action(async (id, { json }) => {
      const workflowId = await withSchedules((all) => all.trigger(id));
      if (json === true) printJson({ id, workflowId });
      else console.log(`Schedule ${id} triggered: ${workflowId}`);
    });

  simple(command, 'pause', 'stop it from firing until it is unpaused', 'paused', (all, id, note) =>
    all.pause(id, note),
  );
  simple(command, 'unpause', 'let it fire again', 'unpaused', (all, id, note) => all.unpause(id, note));
  simple(command, 'delete', 'delete it; notifications that ride it stay, and are due no more', 'deleted', (all, id) =>
    all.remove(id),
  );
  return command;
}

function simple(
  command: Command,
  verb: string,
  description: string,
  done: string,
  act: (all: Schedules, id: string, note?: string) => Promise<void>,
) {
  command
    .command(verb)
    .description(description)
    .argument('<id>')
    .option('--note <text>', 'shown in the Web UI')
    .option('--json', 'print JSON')
    .action(async (id, { note, json }) => {
      await withSchedules((all) => act(all, id, note));
      if (json === true) printJson({ id, [done]: true });
      else console.log(`Schedule ${id} ${done}`);
    });
}

async function withSchedules<Result>(work: (all: Schedules) => Promise<Result>): Promise<Result> {
  return withClient((client, config) => work(schedules(client, config.temporal.taskQueue)));
}

function durationOf(option: string, text: string, least: number): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= least) return ms;
  throw new UserError(
    'invalid_duration',
    `${option} "${text}" is not a duration of at least ${least / 1_000} seconds`,
    {
      hint: 'Write it like "10 minutes" or "2 hours".',
    },
  );
}

function summaryOf(schedule: ScheduleSummary) {
  return {
    id: schedule.scheduleId,
    cron: cronOf(schedule.memo),
    paused: schedule.state.paused,
    note: schedule.state.note,
    next: schedule.info.nextActionTimes[0]?.toISOString(),
    last: schedule.info.recentActions.at(-1)?.takenAt.toISOString(),
  };
}

function detailsOf(schedule: ScheduleDescription) {
  const { spec, policies, state, info } = schedule;
  return {
    id: schedule.scheduleId,
    cron: cronOf(schedule.memo),
    timezone: spec.timezone ?? 'UTC',
    state: state.paused ? 'paused' : 'active',
    note: state.note,
    overlap: policies.overlap,
    catchupWindow: `${policies.catchupWindow / 60_000} minutes`,
    runs: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    next: nextOf(schedule),
    recent: info.recentActions.map(({ takenAt, action }) => `${takenAt.toISOString()}  ${action.workflow.workflowId}`),
  };
}

function nextOf({ info }: ScheduleDescription): string[] {
  return info.nextActionTimes.slice(0, 5).map((time) => time.toISOString());
}

function cronOf(memo: Record<string, unknown> | undefined): string | undefined {
  return typeof memo?.['cron'] === 'string' ? memo['cron'] : undefined;
}
