import { readFile, stat } from 'node:fs/promises';
import type { StatementCounts } from './count-statements.ts';
import { childSizes, parentSizes } from './histories.ts';
import type { Measurement, Settings } from './measurement.ts';
import { riders } from './notifications.ts';
import { cpuSeconds, peakMegabytes } from './process-use.ts';
import { runOurs } from './runs.ts';
import { FAN_OUT_CHANNELS } from './sizes.ts';
import { NO_LIMITS, problemsOf, tenant } from './slack.ts';
import { spreadOf } from './statistics.ts';
import { buildWorld, type World } from './world.ts';

/** Children whose histories are looked at. */
const SAMPLE = 40;
/** Pacing so fast that it delays nothing, and yet asks the store for each post all that pacing asks. */
const FAST_PACE = { SLACK_CHANNEL_INTERVAL_MS: '1', SLACK_WORKSPACE_PER_MINUTE: '60000' };

interface Cost {
  n: number;
  child: { events: number; bytes: number };
  /** Of the run and its partitions together, for one notification. */
  parents: { events: number; bytes: number; longest: number };
  /** What the server keeps on disk for one notification, in bytes. */
  stored: number;
  /** Milliseconds of CPU for one notification. */
  cpu: { server: number; worker: number };
  workerPeakMb: number;
  statements: StatementCounts;
}

/** What one notification costs, at growing sizes, each on a server, a store and a worker of its own. */
export async function measureCost({ cliPath, n, large, say }: Settings): Promise<Measurement> {
  const sizes = [...new Set([100, n, ...(large ? [10_000] : [])])].toSorted((a, b) => a - b);
  const costs: Cost[] = [];
  const failures: string[] = [];
  for (const size of sizes) {
    const { cost, problems } = await costOf(size, cliPath);
    costs.push(cost);
    failures.push(...problems);
    say(`cost of ${size}: ${cost.child.events} events a child, ${cost.cpu.server.toFixed(1)} ms server CPU`);
  }
  return report(costs, failures);
}

async function costOf(n: number, cliPath: string): Promise<{ cost: Cost; problems: string[] }> {
  const one = tenant(1, FAN_OUT_CHANNELS);
  await using world = await buildWorld({
    cliPath,
    tenants: [one],
    notifications: riders(n, one),
    env: FAST_PACE,
    statementsFile: 'statements.json',
  });
  await world.slack.fresh([one], NO_LIMITS);
  const use = () => [cpuSeconds(world.server.pid), cpuSeconds(world.worker.pid)] as const;
  const disk = await diskBytes(world);
  const [serverBefore, workerBefore] = use();
  const dispatchId = await runOurs(world, new Date());
  const [serverAfter, workerAfter] = use();
  const cpu = {
    server: ((serverAfter - serverBefore) * 1_000) / n,
    worker: ((workerAfter - workerBefore) * 1_000) / n,
  };
  const stored = ((await diskBytes(world)) - disk) / n;
  const problems = problemsOf(`cost of ${n}`, n, await world.slack.oracle());
  const histories = await historiesOf(world, dispatchId, n);
  const workerPeakMb = peakMegabytes(world.worker.pid);
  return { cost: { n, ...histories, stored, cpu, workerPeakMb, statements: await statementsOf(world) }, problems };
}

async function historiesOf({ client, store }: World, dispatchId: string, n: number) {
  const children = await childSizes(client, await store.deliveries.list({ dispatchId }, SAMPLE));
  const parents = await parentSizes(client, dispatchId);
  const events = parents.map((parent) => parent.events);
  return {
    child: {
      events: spreadOf(children.map((child) => child.events)).median,
      bytes: spreadOf(children.map((child) => child.bytes)).median,
    },
    parents: {
      events: sum(events) / n,
      bytes: sum(parents.map((parent) => parent.bytes)) / n,
      longest: Math.max(...events),
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function diskBytes({ databaseFile }: World): Promise<number> {
  const sizes = [databaseFile, `${databaseFile}-wal`].map((file) =>
    stat(file).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return sum(await Promise.all(sizes));
}

/** The worker writes them when it ends. */
async function statementsOf({ worker, statementsFile = '' }: World): Promise<StatementCounts> {
  await worker.stop();
  return JSON.parse(await readFile(statementsFile, 'utf8')) as StatementCounts;
}

function report(costs: Cost[], failures: string[]): Measurement {
  const row = (figure: string, pick: (cost: Cost) => number, digits = 1) => ({
    'for one notification': figure,
    ...Object.fromEntries(costs.map((cost) => [`of ${cost.n}`, pick(cost).toFixed(digits)])),
  });
  const rows = [
    row('history events, child', ({ child }) => child.events, 0),
    row('history bytes, child', ({ child }) => child.bytes, 0),
    row('history events, run and partitions', ({ parents }) => parents.events),
    row('history bytes, run and partitions', ({ parents }) => parents.bytes, 0),
    row('statements on the store', ({ n, statements }) => statements.kinds.store / n),
    row('server CPU, ms', ({ cpu }) => cpu.server),
    row('worker CPU, ms', ({ cpu }) => cpu.worker),
    row('server disk, KB', ({ stored }) => stored / 1_024),
    row('(all) longest history, events', ({ parents }) => parents.longest, 0),
    row('(all) worker memory at its peak, MB', ({ workerPeakMb }) => workerPeakMb, 0),
  ];
  return {
    name: 'cost',
    tables: [
      { title: 'One run on a server, store and worker of its own', rows },
      { title: 'Statements of the product for one notification', rows: statementRows(costs) },
    ],
    data: costs,
    failures,
  };
}

function statementRows(costs: Cost[]): Record<string, string>[] {
  const all = [...new Set(costs.flatMap(({ statements }) => Object.keys(statements.store)))];
  const share = ({ n, statements }: Cost, sql: string) => (statements.store[sql] ?? 0) / n;
  const last = costs.at(-1);
  const ordered = last === undefined ? all : all.toSorted((a, b) => share(last, b) - share(last, a));
  return ordered.map((sql) => ({
    statement: sql,
    ...Object.fromEntries(costs.map((cost) => [`of ${cost.n}`, share(cost, sql).toFixed(3)])),
  }));
}
