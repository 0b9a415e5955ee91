import { WORKFLOWS } from '../../../contract/names.ts';
import { Command } from '@commander-js/extra-typings';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { progressOf } from '../../../runs/control.ts';
import type { RunProgress } from '../../../contract/dispatch.ts';
import { withClient } from '../../context.ts';
import { limitOf, printRows } from '../../output/output.ts';
import { doneOf } from '../../../runs/progress-bar.ts';

export function listCommand() {
  return new Command('list')
    .description('list runs under way')
    .option('--all', 'include runs that have ended, newest first')
    .option('--limit <count>', 'how many at most', limitOf, 20)
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
        { json, empty: all === true ? 'No runs' : 'No run is under way' },
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
  const query = `WorkflowType = '${WORKFLOWS.dispatch}'${all ? '' : " AND ExecutionStatus = 'Running'"}`;
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
