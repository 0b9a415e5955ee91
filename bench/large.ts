import { setTimeout as sleep } from 'node:timers/promises';
import type { OracleReport } from 'slack-sandbox';
import { parentSizes } from './histories.ts';
import { figure, type Measurement, type Settings } from './measurement.ts';
import { rider } from './notifications.ts';
import { cpuSeconds, megabytes, peakMegabytes } from './process-use.ts';
import { startOurs, warmUp } from './runs.ts';
import { ADVISED_EVENTS, WINDOW } from './sizes.ts';
import { problemsOf, SLACK_LIMITS, SLACK_PACE, tenant, type Tenant } from './slack.ts';
import { spreadOf } from './statistics.ts';
import { buildWorld, type World } from './world.ts';

/** Together they take 100 messages a second, so that what is measured is the product and its server, not Slack's limits. */
const WORKSPACES = 20;
const CHANNELS_EACH = 100;
/** Between two looks, in milliseconds: often enough for a small run, seldom enough that counting a large one is no load. */
const LOOK_MS = { least: 300, forOne: 0.2, most: 10_000 };
/** How often it is told how far it is, in milliseconds. */
const TELL_MS = 15_000;
/** A run that is slower than this, in deliveries a second, is broken; the server ends it. */
const SLOWEST = 8;
/** Worker memory at the end over that after a quarter: above this it is not flat. */
const GROWTH_MAX = 1.3;

interface Look {
  /** Of all that is due, 0 to 1. */
  done: number;
  seconds: number;
  workerMb: number;
}

/** Everything that is due goes out in one tick, paced and with hidden bursts, and is watched while it does. */
export async function measureLarge({ cliPath, n, say }: Settings): Promise<Measurement> {
  const tenants = Array.from({ length: WORKSPACES }, (_, index) => tenant(index + 1, CHANNELS_EACH));
  const notifications = Array.from({ length: n }, (_, index) => {
    const { to, channel } = placeOf(tenants, index);
    return rider(`n${String(index).padStart(7, '0')}`, to, channel, index);
  });
  await using world = await buildWorld({
    cliPath,
    tenants,
    notifications,
    env: { ...SLACK_PACE, SLACK_REPORTS_CONCURRENCY: String(WINDOW) },
  });
  await world.slack.fresh(tenants, SLACK_LIMITS);
  await warmUp(world);
  await world.slack.fresh(tenants, SLACK_LIMITS);
  const [server, worker] = [cpuSeconds(world.server.pid), cpuSeconds(world.worker.pid)];
  const nominal = new Date();
  const run = await startOurs(world, nominal, n / SLOWEST);
  const { looks, ended } = await watch(world, run, n, say);
  const oracle = await world.slack.oracle();
  const found = {
    n,
    ended,
    seconds: (Math.max(...oracle.messages.map(({ at }) => at)) - nominal.getTime()) / 1_000,
    claimedAfter: (Math.min(...oracle.messages.map(({ at }) => at)) - nominal.getTime()) / 1_000,
    live: await mostLive(world),
    longest: Math.max(...(await parentSizes(world.client, run.workflowId)).map(({ events }) => events)),
    memory: { ...memoryOf(looks), peak: peakMegabytes(world.worker.pid) },
    cpu: {
      server: ((cpuSeconds(world.server.pid) - server) * 1_000) / n,
      worker: ((cpuSeconds(world.worker.pid) - worker) * 1_000) / n,
    },
    oracle,
    looks,
  };
  return report(found);
}

/** Neighbours in the order of ids go to different workspaces, and those of one workspace to different channels. */
function placeOf(tenants: Tenant[], index: number): { to: Tenant; channel: string } {
  const to = tenants[index % tenants.length];
  const channel = to?.channels[Math.floor(index / tenants.length) % CHANNELS_EACH];
  if (to === undefined || channel === undefined) throw new Error('there are no tenants');
  return { to, channel };
}

type Run = Awaited<ReturnType<typeof startOurs>>;

/** Looks until the run has ended. `ended` says how, where it did not end as it should. */
async function watch(world: World, run: Run, n: number, say: Settings['say']) {
  const looks: Look[] = [];
  const begun = Date.now();
  const state: { ended?: string } = {};
  const over = run.result().then(
    () => (state.ended = ''),
    (error: unknown) => (state.ended = String(error)),
  );
  const lookMs = Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, LOOK_MS.forOne * n));
  for (let told = 0; state.ended === undefined;) {
    const { delivered = 0 } = await world.store.deliveries.countByState({ dispatchId: run.workflowId });
    const seconds = (Date.now() - begun) / 1_000;
    looks.push({ done: delivered / n, seconds, workerMb: megabytes(world.worker.pid) });
    if (Date.now() - told > TELL_MS) {
      told = Date.now();
      say(`large: ${delivered} of ${n} after ${seconds.toFixed(0)} s, worker ${looks.at(-1)?.workerMb.toFixed(0)} MB`);
    }
    await Promise.race([over, sleep(lookMs)]);
  }
  return { looks, ended: state.ended };
}

/** The most children that lived at the same moment, by the server's own times of their start and end. */
async function mostLive({ client }: World): Promise<number> {
  const moments: { at: number; step: number }[] = [];
  for await (const { startTime, closeTime } of client.workflow.list({
    query: 'WorkflowType = "deliver"',
    pageSize: 1_000,
  })) {
    moments.push({ at: startTime.getTime(), step: 1 });
    // In the same millisecond the end comes first: the next child starts because this one has ended.
    if (closeTime !== undefined) moments.push({ at: closeTime.getTime(), step: -1 });
  }
  moments.sort((a, b) => a.at - b.at || a.step - b.step);
  let [live, most] = [0, 0];
  for (const { step } of moments) {
    live += step;
    most = Math.max(most, live);
  }
  return most;
}

/** Medians of the worker's memory around a quarter of the run, and over its last tenth, in megabytes. */
function memoryOf(looks: readonly Look[]) {
  const between = (from: number, to: number) =>
    spreadOf(looks.filter(({ done }) => done >= from && done <= to).map(({ workerMb }) => workerMb)).median;
  return { quarter: between(0.2, 0.3), end: between(0.9, 1) };
}

interface Found {
  n: number;
  ended: string;
  seconds: number;
  claimedAfter: number;
  live: number;
  longest: number;
  memory: { quarter: number; end: number; peak: number };
  cpu: { server: number; worker: number };
  oracle: OracleReport;
  looks: Look[];
}

function report({ oracle, ...found }: Found): Measurement {
  const { n, ended, seconds, claimedAfter, live, longest, memory, cpu } = found;
  const growth = memory.end / memory.quarter;
  const once = Object.values(oracle.counts).filter((count) => count === 1).length;
  const rows = [
    figure('delivered once', once, 0, String(n)),
    figure('hidden', oracle.hidden, 0, '0'),
    figure('429', oracle.rateLimited, 0, '0'),
    figure('most live children', live, 0, `≤ ${WINDOW}`),
    figure('longest history of the run and its partitions, events', longest, 0, `< ${ADVISED_EVENTS}`),
    figure('worker memory after a quarter, MB', memory.quarter),
    figure('worker memory at the end, MB', memory.end),
    figure('… over that after a quarter', growth, 2, `≤ ${GROWTH_MAX}`),
    figure('worker memory at its peak, MB', memory.peak),
    figure('seconds from nominal time to the first post', claimedAfter, 1),
    figure('seconds from nominal time to the last post', seconds, 1),
    figure('deliveries/s', n / seconds, 1),
    figure('server CPU for one, ms', cpu.server, 1),
    figure('worker CPU for one, ms', cpu.worker, 1),
  ];
  const wrong: [boolean, string][] = [
    [ended !== '', `the run did not end as it should: ${ended}`],
    [live > WINDOW, `${live} children were live at once, where ${WINDOW} may be`],
    [longest >= ADVISED_EVENTS, `a history has ${longest} events`],
    [growth > GROWTH_MAX, `the worker's memory grew by a factor of ${growth.toFixed(2)}`],
  ];
  const failures = [...problemsOf('large', n, oracle), ...wrong.filter(([is]) => is).map(([, text]) => text)];
  const title = `${n} due in one tick: ${WORKSPACES} workspaces, ${WORKSPACES * CHANNELS_EACH} channels, Slack's limits, bursts hidden`;
  return { name: 'large', tables: [{ title, rows }], data: { ...found, growth, once }, failures };
}
