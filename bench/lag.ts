import { WORKFLOWS } from '../src/contract/names.ts';
import { until } from '../src/lib/until.ts';
import type { dispatch } from '../src/workflows/dispatch.ts';
import { scheduledWorkflowId } from '../src/contract/ids.ts';
import type { Measurement, Settings } from './measurement.ts';
import { riders, SCHEDULE } from './notifications.ts';
import { warmUp } from './runs.ts';
import { FAN_OUT_CHANNELS } from './sizes.ts';
import { NO_LIMITS, problemsOf, tenant } from './slack.ts';
import { formatSpread, spreadOf } from './statistics.ts';
import { buildWorld, TASK_QUEUE, type World } from './world.ts';

/** How far ahead the tick is put, and how often its run is looked for, in milliseconds. */
const AHEAD_MS = 4_000;
const LOOK_MS = 500;
const START_DEADLINE_MS = 60_000;

/** Seconds after the nominal time. */
interface Lag {
  started: number;
  first: number;
  last: number;
}

/** From the nominal time of a real schedule's tick to the first post, and to the last, without pacing. */
export async function measureLag({ cliPath, n, repeat, say }: Settings): Promise<Measurement> {
  const one = tenant(1, FAN_OUT_CHANNELS);
  await using world = await buildWorld({
    cliPath,
    tenants: [one],
    notifications: riders(n, one),
    env: { SLACK_CHANNEL_INTERVAL_MS: '0', SLACK_WORKSPACE_PER_MINUTE: '0' },
  });
  await world.slack.fresh([one], NO_LIMITS);
  await warmUp(world);
  const lags: Lag[] = [];
  const failures: string[] = [];
  for (let round = 1; round <= repeat; round += 1) {
    await world.slack.fresh([one], NO_LIMITS);
    const { nominal, started } = await tick(world);
    const oracle = await world.slack.oracle();
    const times = oracle.messages.map(({ at }) => at);
    const since = (at: number) => (at - nominal) / 1_000;
    lags.push({ started: since(started), first: since(Math.min(...times)), last: since(Math.max(...times)) });
    failures.push(...problemsOf(`lag, round ${round}`, n, oracle));
    say(`lag ${round}/${repeat}: first post ${lags.at(-1)?.first.toFixed(2)} s after its nominal time`);
  }
  return report(n, lags, failures);
}

/** A schedule that fires once, soon; resolves when its run has ended. */
async function tick({ client }: World): Promise<{ nominal: number; started: number }> {
  const nominal = Math.ceil((Date.now() + AHEAD_MS) / 1_000) * 1_000;
  const schedule = await client.schedule.create<typeof dispatch>({
    scheduleId: SCHEDULE,
    spec: { intervals: [{ every: '1h', offset: nominal % 3_600_000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOWS.dispatch,
      taskQueue: TASK_QUEUE,
      workflowId: scheduledWorkflowId(SCHEDULE),
      args: [],
    },
  });
  try {
    const started = async () => (await schedule.describe()).info.recentActions[0]?.action.workflow.workflowId;
    const workflowId = await until(started, {
      what: 'the schedule to start a run',
      deadlineMs: START_DEADLINE_MS,
      everyMs: LOOK_MS,
    });
    const run = client.workflow.getHandle<typeof dispatch>(workflowId);
    await run.result();
    return { nominal, started: (await run.describe()).startTime.getTime() };
  } finally {
    await schedule.delete();
  }
}

function report(n: number, lags: Lag[], failures: string[]): Measurement {
  const row = (figure: string, pick: (lag: Lag) => number) => ({
    'seconds after the nominal time': figure,
    is: formatSpread(lags.map(pick), 2),
  });
  const rows = [
    row('Temporal has started the run', ({ started }) => started),
    row('first post', ({ first }) => first),
    row('last post', ({ last }) => last),
  ];
  const data = {
    n,
    first: spreadOf(lags.map(({ first }) => first)),
    last: spreadOf(lags.map(({ last }) => last)),
    lags,
  };
  return { name: 'lag', tables: [{ title: `${n} due at once, unpaced; median (min–max)`, rows }], data, failures };
}
