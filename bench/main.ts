import { availableParallelism } from 'node:os';
import { Argument, Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { printJson } from '../src/cli/output/output.ts';
import { progressOn } from '../src/dev/progress-line.ts';
import { findTemporalCli } from '../src/dev/temporal-cli.ts';
import { runMain } from '../src/lib/run-main.ts';
import { measureClaim } from './claim.ts';
import { measureCost } from './cost.ts';
import { measureFanOut } from './fan-out.ts';
import { measureLag } from './lag.ts';
import { measureLarge } from './large.ts';
import { type Measurement, printMeasurement, type Settings } from './measurement.ts';
import { measurePaced } from './paced.ts';
import { measurePlan } from './plan.ts';
import { measureSoak } from './soak.ts';
import { measureSource } from './source.ts';

const MEASUREMENTS = {
  'fan-out': measureFanOut,
  paced: measurePaced,
  lag: measureLag,
  cost: measureCost,
  plan: measurePlan,
  claim: measureClaim,
  source: measureSource,
  large: measureLarge,
  soak: measureSoak,
} as const;
type Name = keyof typeof MEASUREMENTS;

/** Notifications of a run: paced runs last as long as Slack's limits say, 600 of them a minute. Of the soak, odd inputs a minute. */
const SIZES: Record<Name, number> = {
  'fan-out': 1_000,
  paced: 600,
  lag: 1_000,
  cost: 1_000,
  plan: 0,
  claim: 0,
  source: 0,
  large: 10_000,
  soak: 50,
};
/** Take minutes, so that they must be asked for. */
const LONG: readonly Name[] = ['large', 'soak'];

await runMain(async () => {
  const { names, n, repeat, minutes, large, fastPath, json } = readOptions();
  // "exit" ends the processes that were started and removes their folders.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const { path: cliPath } = await findTemporalCli({ env: process.env, progress: progressOn(process.stderr) });

  const found: Measurement[] = [];
  for (const name of names) {
    const settings: Settings = { cliPath, n: n ?? SIZES[name], repeat, minutes, large, fastPath, say };
    const measurement = await MEASUREMENTS[name](settings);
    found.push(measurement);
    if (!json) printMeasurement(measurement);
  }
  const machine = { cores: availableParallelism(), node: process.version, platform: process.platform };
  const measurements = Object.fromEntries(found.map(({ name, data, failures }) => [name, { data, failures }]));
  if (json) printJson({ machine, measurements });
  else console.log(`\n${machine.cores} cores, Node ${machine.node}`);
  return found.every(({ failures }) => failures.length === 0) ? 0 : 1;
});

/** Progress, apart from the figures. */
function say(line: string): void {
  console.error(line);
}

function readOptions() {
  const known = Object.keys(MEASUREMENTS) as Name[];
  const command = new Command('bench')
    .description(
      'Measures slack-reports against a bare Temporal app and against what Slack allows; see bench/README.md',
    )
    .addArgument(
      new Argument('[measurements...]', `what to measure (default: all but ${LONG.join(', ')})`).choices(known),
    )
    .option('--n <count>', 'notifications of a run (default: see bench/README.md)', wholeNumber)
    .option('--repeat <count>', 'rounds of each measurement', wholeNumber, 3)
    .option('--minutes <count>', 'how long the soak lasts', wholeNumber, 5)
    .option('--fast-path', 'fan-out by the fast path (SLACK_REPORTS_FAST_PATH=on)', false)
    .option('--large', 'cost also at 10,000, which takes some minutes', false)
    .option('--json', 'the figures for programs', false)
    .parse();
  const names = command.processedArgs[0];
  return { ...command.opts(), names: names.length === 0 ? known.filter((name) => !LONG.includes(name)) : names };
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
