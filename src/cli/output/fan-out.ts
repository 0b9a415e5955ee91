import type { Context } from '../../client/context.ts';
import { messageOf } from '../../lib/errors.ts';
import { formatSummary, progressBar } from '../../runs/progress-bar.ts';
import { followRun, type RunHandle } from '../../runs/start.ts';
import { withContext } from '../context.ts';
import { printJson } from './output.ts';
import { sayWhatWaits } from './waiting-lines.ts';

/** Starts a run, and follows it to its end unless told not to. The exit code is 1 if something was not delivered. */
export async function fanOut(
  start: (context: Context) => Promise<RunHandle>,
  options: { wait: boolean; json?: boolean | undefined },
): Promise<void> {
  return withContext(async (context) => {
    const run = await start(context);
    return options.wait ? tellEnd(context, run, options) : tellStart(run, options);
  });
}

export function tellStart({ workflowId }: RunHandle, { json }: { json?: boolean | undefined }): void {
  if (json === true) printJson({ workflowId });
  else console.log(`Run started: ${workflowId}`);
}

/** Follows a run to its end and prints its outcome. */
export async function tellEnd(
  context: Context,
  handle: RunHandle,
  { json }: { json?: boolean | undefined },
): Promise<void> {
  const bar = progressBar();
  const ended = new AbortController();
  const say = (line: string) => {
    bar.clear();
    console.error(`note: ${line}`);
  };
  const { signal } = ended;
  const waiting = sayWhatWaits(context.store, handle.workflowId, { say, signal }).catch((error: unknown) => {
    if (!signal.aborted) say(`the ledger cannot be read, so waiting deliveries are not shown: ${messageOf(error)}`);
  });
  const result = await followRun(handle, bar.draw).finally(() => {
    ended.abort();
    bar.clear();
  });
  await waiting;
  if (json === true) printJson({ workflowId: handle.workflowId, ...result });
  else console.log(formatSummary(result));
  if (result.failures.length > 0) process.exitCode = 1;
}
