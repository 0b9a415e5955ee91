import type { Selection } from '../activities/dispatch.ts';
import { followRun, startRun } from '../run.ts';
import { withClient } from './context.ts';
import { printJson } from './output.ts';
import { formatSummary, progressBar } from './progress-bar.ts';

/** Starts a run, and follows it to its end unless told not to. The exit code is 1 when something did not arrive. */
export async function fanOut(
  selection: Selection,
  options: { wait: boolean; json?: boolean | undefined; idempotencyKey?: string | undefined },
): Promise<void> {
  return withClient(async (client, config) => {
    const { taskQueue } = config.temporal;
    const handle = await startRun(client, { taskQueue, selection, idempotencyKey: options.idempotencyKey });
    if (!options.wait) {
      if (options.json === true) printJson({ workflowId: handle.workflowId });
      else console.log(`Run started: ${handle.workflowId}`);
      return;
    }
    const bar = progressBar();
    const result = await followRun(handle, bar.draw).finally(bar.clear);
    if (options.json === true) printJson({ workflowId: handle.workflowId, ...result });
    else console.log(formatSummary(result));
    if (result.failures.length > 0) process.exitCode = 1;
  });
}
