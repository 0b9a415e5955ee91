import { runMain } from './lib/run-main.ts';

/** What `runWorker` takes. */
export interface WorkerOptions {
  /** The file of your workflows, which exports ours too: `export * from 'slack-reports/workflows'`. Ours alone by default. */
  workflowsPath?: string;
}

/**
 * Runs a worker for schedules, runs, deliveries and reports, until SIGTERM or SIGINT; then it finishes what it has in hand,
 * for at most 20 seconds. Settings come from the environment and `.env`, reports from the folder `my-reports`. An error ends
 * the process with the exit codes of the command line.
 *
 * @example
 * import { fileURLToPath } from 'node:url';
 * import { runWorker } from 'slack-reports';
 *
 * await runWorker({ workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)) });
 */
export async function runWorker(options: WorkerOptions = {}): Promise<void> {
  await runMain(
    async () => {
      // Here, since the native worker is much to load for a program that only starts runs.
      const { work } = await import('./work.ts');
      await work(options);
    },
    { endsAtOnce: true },
  );
}
