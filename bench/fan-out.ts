import type { Measurement, Settings } from './measurement.ts';
import { riders } from './notifications.ts';
import { cpuSeconds } from './process-use.ts';
import { nominalTimes, runBare, runOurs, runOursUnparted, warmUp } from './runs.ts';
import { FAN_OUT_CHANNELS, PARTITIONS, WINDOW } from './sizes.ts';
import { NO_LIMITS, problemsOf, tenant } from './slack.ts';
import { formatSpread, spreadOf } from './statistics.ts';
import { buildWorld, type World } from './world.ts';

/** One way to fan out. */
interface Way {
  name: string;
  run: (world: World) => Promise<unknown>;
}

interface Sample {
  perSecond: number;
  /** Milliseconds of CPU a delivery. */
  serverMs: number;
  workerMs: number;
  sandboxMs: number;
}

/** Deliveries a second, against a bare Temporal app, and partitioned against one hot parent; in turn on one server. */
export async function measureFanOut({ cliPath, n, repeat, fastPath, say }: Settings): Promise<Measurement> {
  const one = tenant(1, FAN_OUT_CHANNELS);
  await using world = await buildWorld({
    cliPath,
    tenants: [one],
    notifications: riders(n, one),
    env: {
      SLACK_CHANNEL_INTERVAL_MS: '0',
      SLACK_WORKSPACE_PER_MINUTE: '0',
      SLACK_REPORTS_FAST_PATH: fastPath ? 'on' : 'off',
    },
    bare: true,
  });
  const ways = waysFor(n);
  const samples = new Map<string, Sample[]>(ways.map(({ name }) => [name, []]));
  const failures: string[] = [];
  await world.slack.fresh([one], NO_LIMITS);
  await warmUp(world);
  for (let round = 1; round <= repeat; round += 1) {
    for (const way of ways) {
      await world.slack.fresh([one], NO_LIMITS);
      const sample = await timed(world, n, way);
      samples.get(way.name)?.push(sample);
      failures.push(...problemsOf(`${way.name}, round ${round}`, n, await world.slack.oracle()));
      say(`fan-out ${round}/${repeat} ${way.name}: ${sample.perSecond.toFixed(1)}/s`);
    }
  }
  return report(n, samples, failures);
}

/** As the product does it: two partitions of 25 at once, where more than 500 are due. */
const OURS = 'ours, as it is';
const OURS_HOT = `ours, 1 × ${WINDOW}`;
const BARE_HOT = `bare, 1 × ${WINDOW}`;
const BARE = `bare, ${PARTITIONS} × ${WINDOW / PARTITIONS}`;
/** What one writes first: a parent that starts all children at once. Temporal takes 2,000 of them. */
const BARE_WIDE_HOT = 'bare, 1 × all';
const BARE_WIDE = `bare, ${PARTITIONS} × all`;

function waysFor(jobs: number): Way[] {
  const nominal = nominalTimes();
  const bare = (parents: number, window: number) => (world: World) => runBare(world, { jobs, window, parents });
  return [
    { name: OURS, run: (world) => runOurs(world, nominal()) },
    { name: BARE, run: bare(PARTITIONS, WINDOW) },
    { name: OURS_HOT, run: (world) => runOursUnparted(world, nominal(), WINDOW) },
    { name: BARE_HOT, run: bare(1, WINDOW) },
    { name: BARE_WIDE, run: bare(PARTITIONS, jobs) },
    { name: BARE_WIDE_HOT, run: bare(1, jobs) },
  ];
}

async function timed(world: World, n: number, { name, run }: Way): Promise<Sample> {
  const worker = name.startsWith('bare') ? (world.bare ?? world.worker) : world.worker;
  const use = () => [world.server.pid, worker.pid, world.sandbox.pid].map(cpuSeconds);
  const before = use();
  const start = performance.now();
  await run(world);
  const seconds = (performance.now() - start) / 1_000;
  const [serverMs = NaN, workerMs = NaN, sandboxMs = NaN] = use().map(
    (cpu, i) => ((cpu - (before[i] ?? 0)) * 1_000) / n,
  );
  return { perSecond: n / seconds, serverMs, workerMs, sandboxMs };
}

/** Ratios are taken round by round, of runs that were neighbours in time. */
const RATIOS = [
  { over: OURS, under: BARE_HOT, aim: '≥ 0.85', what: 'ours against bare with one parent' },
  { over: OURS, under: BARE, aim: '≥ 0.85', what: 'ours against bare with as many parents' },
  { over: OURS, under: OURS_HOT, aim: '', what: 'ours: partitioned against one hot parent' },
  { over: BARE, under: BARE_HOT, aim: '', what: 'bare: partitioned against one hot parent' },
  { over: OURS, under: BARE_WIDE_HOT, aim: '≥ 1.5', what: 'ours against one hot parent that starts all at once' },
  { over: BARE_WIDE, under: BARE_WIDE_HOT, aim: '≥ 1.5', what: 'bare: partitioned against that one' },
] as const;

function report(n: number, samples: Map<string, Sample[]>, failures: string[]): Measurement {
  const of = (name: string, pick: (sample: Sample) => number) => (samples.get(name) ?? []).map(pick);
  const ratios = RATIOS.map(({ over, under, ...rest }) => {
    const below = of(under, (sample) => sample.perSecond);
    const values = of(over, (sample) => sample.perSecond).map((value, round) => value / (below[round] ?? NaN));
    return { ...rest, over, under, values, ...spreadOf(values) };
  });
  const rates = [...samples.keys()].map((name) => ({
    'way (parents × window)': name,
    'deliveries/s': formatSpread(
      of(name, (sample) => sample.perSecond),
      1,
    ),
    'server CPU ms': formatSpread(
      of(name, (sample) => sample.serverMs),
      1,
    ),
    'worker CPU ms': formatSpread(
      of(name, (sample) => sample.workerMs),
      1,
    ),
    'sandbox CPU ms': formatSpread(
      of(name, (sample) => sample.sandboxMs),
      1,
    ),
  }));
  return {
    name: 'fan-out',
    tables: [
      { title: `${n} deliveries a run; CPU is for one delivery; median (min–max)`, rows: rates },
      {
        title: 'Ratios of deliveries/s, round by round',
        rows: ratios.map(({ what, values, aim }) => ({ ratio: what, is: formatSpread(values, 2), aim })),
      },
    ],
    data: { n, samples: Object.fromEntries(samples), ratios },
    failures,
  };
}
