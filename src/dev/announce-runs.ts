import { WORKFLOWS } from '../contract/names.ts';
import type { Client } from '@temporalio/client';
import { formatSummary } from '../runs/progress-bar.ts';
import type { Dispatch } from '../contract/dispatch.ts';

/** Time between two looks at the finished runs, in milliseconds. */
const LOOK_MS = 5_000;
/** How far back a look reaches, in milliseconds: visibility lags behind, and a look may fail. */
const LOOK_BACK_MS = 120_000;

/** Tells each run that ends from now on and had something to do, in one line. */
export function announceRuns(client: Client, say: (line: string) => void): Disposable {
  const told = new Set<string>();
  const begun = Date.now();
  const look = async () => {
    const since = new Date(Math.max(begun, Date.now() - LOOK_BACK_MS)).toISOString();
    const query = `WorkflowType = '${WORKFLOWS.dispatch}' AND ExecutionStatus = 'Completed' AND CloseTime > '${since}'`;
    const ended = await Array.fromAsync(client.workflow.list({ query }));
    // The server lists the newest first.
    for (const { workflowId, runId, closeTime } of ended.toReversed()) {
      if (told.has(runId)) continue;
      told.add(runId);
      const result = await client.workflow.getHandle<Dispatch>(workflowId, runId).result();
      if (result.due > 0 || result.missed > 0)
        say(`${closeTime?.toISOString() ?? ''}  ${workflowId}  ${formatSummary(result)}`);
    }
  };
  // A look that fails is followed by another; the runs are in the Web UI all the same.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
