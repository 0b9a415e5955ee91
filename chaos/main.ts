import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { progressOn } from '../src/dev/progress-line.ts';
import { findTemporalCli } from '../src/dev/temporal-cli.ts';
import { runMain } from '../src/lib/run-main.ts';
import { SETTLE_MIN_S, SOURCE_KINDS, STORES } from './plan.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { formatResults, verdictOf } from './table.ts';

await runMain(async () => {
  const options = readOptions();
  // Every child process has a listener on our own exit.
  process.setMaxListeners(0);
  const aborted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => aborted.abort());
  const { path: cliPath } = await findTemporalCli({ env: process.env, progress: progressOn(process.stderr) });

  const seeds = Array.from({ length: options.seeds }, (_, index) => options.seed + index);
  const results: SeedResult[] = [];
  const broken: string[] = [];
  const queue = seeds.values();
  const lane = async (): Promise<void> => {
    for (const seed of queue) {
      if (aborted.signal.aborted) return;
      try {
        const run = { cliPath, deadlineMs: options.deadline * 1_000, keep: options.keep, signal: aborted.signal };
        const result = await runSeed({ ...options, seed }, run);
        results.push(result);
        console.error(progressOf(result, options.keep));
      } catch (error) {
        broken.push(`seed ${seed}: broke off`);
        console.error(`seed ${seed} broke off:`, error);
      }
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, lane));

  results.sort((a, b) => a.seed - b.seed);
  const problems = [...broken, ...verdictOf(results)];
  console.log(formatResults(results));
  console.log(`\n${problems.length === 0 ? 'Passed' : `NOT passed:\n${problems.join('\n')}`}`);
  return problems.length === 0 && results.length === seeds.length ? 0 : 1;
});

function readOptions() {
  return new Command('chaos')
    .description('Breaks everything that can break, by seed, and compares what Slack got with what the ledger says')
    .option('--seed <n>', 'the first seed', wholeNumber, 1)
    .option('--seeds <n>', 'how many seeds', wholeNumber, 1)
    .option('--parallel <n>', 'seeds at the same time', wholeNumber, Math.max(1, availableParallelism()))
    .option('--notifications <n>', 'notifications a seed', wholeNumber, 200)
    .option('--channels <n>', 'channels a seed', wholeNumber, 40)
    .option('--workspaces <n>', 'workspaces a seed', wholeNumber, 6)
    .addOption(new Option('--store <kind>', 'where the ledger is').choices(STORES).default('sqlite' as const))
    .option('--workers <n>', 'worker processes a seed', wholeNumber, 2)
    .option('--kills <n>', 'times the workers are killed', wholeNumber, 4)
    .option('--terms <n>', 'times a worker, or all, is asked to end (SIGTERM)', wholeNumber, 2)
    .option('--server-restarts <n>', 'times the Temporal server is stopped or killed', wholeNumber, 2)
    .option('--store-restarts <n>', 'times Postgres is stopped or killed, with --store postgres', wholeNumber, 1)
    .option('--one-tick', 'all are due in one tick of one schedule', false)
    .option('--whole', 'ends all of `npm start`, or one of its processes, instead of single workers', false)
    .option('--hide', "Slack's own limits, and what comes too soon is hidden without an error", false)
    .option(
      '--settle-seconds <n>',
      'SLACK_SETTLE_SECONDS of the workers, at least 2 (default: 2, and 20 in each fourth seed)',
      settleTime,
    )
    .option('--rotations <n>', 'times the tokens of all sound workspaces rotate', wholeNumber, 0)
    .option('--moves <n>', 'times a tenth of the notifications gets another channel', wholeNumber, 0)
    .option('--freezes <n>', 'times a worker is frozen (SIGSTOP) until others post instead of it', wholeNumber, 0)
    .option('--swallows <n>', 'times Postgres swallows everything for 35 s, with --store postgres', wholeNumber, 0)
    .option('--slack-away-s <seconds>', 'for how long Slack answers 503 to everything, once', wholeNumber, 0)
    .addOption(
      new Option('--source [kind]', 'the riders of schedules come from a source, not from our table')
        .choices(SOURCE_KINDS)
        .preset('module' as const),
    )
    .option('--history-page <n>', 'messages that a page of the history has at most, such as 15', pageSize)
    .option('--deadline <seconds>', 'how long a seed may take', wholeNumber, 600)
    .option('--keep', 'keep databases and logs', false)
    .parse()
    .opts();
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function pageSize(text: string): number {
  const size = wholeNumber(text);
  if (size >= 1) return size;
  throw new InvalidArgumentError('It must be at least 1.');
}

function settleTime(text: string): number {
  const seconds = wholeNumber(text);
  if (seconds >= SETTLE_MIN_S) return seconds;
  throw new InvalidArgumentError(`It must be at least ${SETTLE_MIN_S}.`);
}

function progressOf(
  { seed, seconds, due, accepted, findings, untrue, rested, left, stuck, folder }: SeedResult,
  keep: boolean,
): string {
  const parts = [`${due} due`, `${accepted} accepted`, `${findings.length} findings`];
  if (untrue.length > 0) parts.push(`${untrue.length} untrue`);
  if (!rested) parts.push('not at rest');
  if (stuck > 0) parts.push(`${stuck} workflows stuck`);
  if (left.length > 0) parts.push(`never came: ${left.join(', ')}`);
  if (keep) parts.push(folder);
  return `seed ${seed}: ${seconds} s, ${parts.join(', ')}`;
}
