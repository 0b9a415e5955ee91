import type { Selection } from '../../domain/selection.ts';
import { followRun, type RunHandle, startRun } from '../../runs/start.ts';
import { withClient } from '../context.ts';
import { printJson } from './output.ts';
import { formatSummary, progressBar } from '../../runs/progress-bar.ts';

/** Starts a run, and follows it to its end unless told not to. The exit code is 1 if something was not delivered. */
export async function fanOut(
  selection: Selection,
  options: { wait: boolean; json?: boolean | undefined; idempotencyKey?: string | undefined },
): Promise<void> {
  return withClient(async (client, config) => {
    const { taskQueue } = config.temporal;
    const handle = await startRun(client, { taskQueue, selection, idempotencyKey: options.idempotencyKey });
    return options.wait ? tellEnd(handle, options) : tellStart(handle, options);
  });
}

export function tellStart({ workflowId }: RunHandle, { json }: { json?: boolean | undefined }): void {
  if (json === true) printJson({ workflowId });
  else console.log(`Run started: ${workflowId}`);
}

/** Follows a run to its end and prints what became of it. */
export async function tellEnd(handle: RunHandle, { json }: { json?: boolean | undefined }): Promise<void> {
  const bar = progressBar();
  const result = await followRun(handle, bar.draw).finally(bar.clear);
  if (json === true) printJson({ workflowId: handle.workflowId, ...result });
  else console.log(formatSummary(result));
  if (result.failures.length > 0) process.exitCode = 1;
}
