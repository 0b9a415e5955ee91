import { Command } from '@commander-js/extra-typings';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { type Change, controlRun, parseConcurrency, progressOf } from '../control-run.ts';
import type { Control, RunProgress } from '../contract/dispatch.ts';
import { ENDINGS } from '../workflows/progress.ts';
import { withClient } from './context.ts';
import { countOf } from './deliveries.ts';
import { printJson, printRows } from './output.ts';
import { doneOf } from './progress-bar.ts';

export function runsCommand() {
  return new Command('runs')
    .description('runs under way and before: how far they are, pause, unpause, change of concurrency')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(changeCommand('pause', 'start no more deliveries; those under way go on'))
    .addCommand(changeCommand('unpause', 'go on after a pause'))
    .addCommand(concurrencyCommand());
}

function listCommand() {
  return new Command('list')
    .description('list runs under way')
    .option('--all', 'also those that have ended, the newest first')
    .option('--limit <count>', 'how many at the most', countOf, 20)
    .option('--json', 'print JSON')
    .action(async ({ all, limit, json }) => {
      const rows = await withClient((client, { temporal }) => list(client, temporal.taskQueue, all === true, limit));
      printRows(
        rows,
        {
          RUN: (row) => row.run,
          STATUS: (row) => row.status,
          STARTED: (row) => row.started,
          DONE: ({ progress }) => (progress === undefined ? '' : `${doneOf(progress)} of ${progress.due}`),
        },
        { json, empty: all === true ? 'There is no run' : 'No run is under way' },
      );
    });
}

interface RunRow {
  run: string;
  /** As Temporal calls it, or `PAUSED`. */
  status: string;
  /** ISO 8601. */
  started: string;
  /** Of a run under way; undefined where no worker answers. */
  progress: RunProgress | undefined;
}

async function list(client: Client, taskQueue: string, all: boolean, limit: number): Promise<RunRow[]> {
  const query = `WorkflowType = 'dispatch'${all ? '' : " AND ExecutionStatus = 'Running'"}`;
  const found: WorkflowExecutionInfo[] = [];
  for await (const execution of client.workflow.list({ query })) {
    if (execution.taskQueue !== taskQueue) continue;
    found.push(execution);
    if (found.length === limit) break;
  }
  return Promise.all(found.map((execution) => rowOf(client, execution)));
}

async function rowOf(client: Client, { workflowId, status, startTime }: WorkflowExecutionInfo): Promise<RunRow> {
  const isRunning = status.name === 'RUNNING';
  const progress = isRunning ? await progressOf(client, workflowId).catch(() => undefined) : undefined;
  const shown = progress?.paused === true ? 'PAUSED' : status.name;
  return { run: workflowId, status: shown, started: startTime.toISOString(), progress };
}

function showCommand() {
  return new Command('show')
    .description('how far a run is, what it waits for, and what did not arrive, by reason')
    .argument('<run>')
    .option('--json', 'print JSON')
    .action(async (run, { json }) => {
      const progress = await withClient((client) => progressOf(client, run));
      if (json === true) printJson({ run, ...progress });
      else console.log(textOf(progress).join('\n'));
    });
}

const COUNTS = ['delivered', 'skipped', ...ENDINGS] as const;

function textOf(progress: RunProgress): string[] {
  const { due, oldest, partitions, reasons } = progress;
  const counts = COUNTS.filter((state) => progress[state] > 0).map((state) => `${progress[state]} ${state}`);
  return [
    `${doneOf(progress)} of ${due} done: ${counts.join(', ')}`,
    stateOf(progress),
    ...(oldest === undefined
      ? []
      : [`Oldest under way: ${oldest.notification} → ${oldest.channel}, planned for ${oldest.slot}`]),
    ...(partitions === undefined || partitions.length === 0 ? [] : [`Partitions under way: ${partitions.length}`]),
    ...Object.entries(reasons).map(([reason, count]) => `  ${reason}  ${count}`),
  ];
}

function stateOf({ paused, concurrency }: Control): string {
  return paused ? 'Paused: no further delivery starts' : `At most ${concurrency} deliveries under way at once`;
}

function changeCommand(kind: 'pause' | 'unpause', description: string) {
  return new Command(kind)
    .description(description)
    .argument('<run>')
    .option('--json', 'print JSON')
    .action((run, { json }) => changeRun(run, { kind }, json));
}

function concurrencyCommand() {
  return new Command('concurrency')
    .description('how many deliveries of the run may be under way at once')
    .argument('<run>')
    .argument('<count>', '1 to 500')
    .option('--json', 'print JSON')
    .action((run, count, { json }) =>
      changeRun(run, { kind: 'set_concurrency', concurrency: parseConcurrency(count) }, json),
    );
}

async function changeRun(run: string, change: Change, json: boolean | undefined): Promise<void> {
  const control = await withClient((client) => controlRun(client, run, change));
  if (json === true) printJson({ run, ...control });
  else console.log(`${run}: ${stateOf(control)}`);
}
