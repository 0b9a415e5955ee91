import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { freePort } from '../../src/local/ports.ts';
import { findTemporalCli } from '../../src/local/temporal-cli.ts';
import { startTemporalServer } from '../../src/local/temporal-server.ts';
import { writeWorkflowBundles } from '../../src/workflow-bundle.ts';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    temporalAddress: string;
    temporalCli: string;
    /** File of the workflow bundle; the one for encrypted payloads is beside it. */
    workflowBundle: string;
    /** A Postgres server for the tests; undefined where the machine has none. */
    postgresUrl: string | undefined;
  }
}

/** One real Temporal server for all test files; each uses a task queue of its own. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-test-'));
  const cli = await findTemporalCli({ env: process.env, onProgress: (line) => console.log(line) });
  const workflowBundle = join(folder, 'workflows.js');
  const [server, postgres] = await Promise.all([
    startTemporalServer({
      cliPath: cli.path,
      port: await freePort(),
      uiPort: await freePort(),
      logFile: join(folder, 'temporal.log'),
    }),
    startPostgres(),
    writeWorkflowBundles(workflowBundle, new DefaultLogger('ERROR')),
  ]);
  if (postgres === undefined) console.log('No Postgres on this machine: the tests on it are skipped');
  project.provide('postgresUrl', postgres?.url);
  project.provide('temporalAddress', server.address);
  project.provide('temporalCli', cli.path);
  project.provide('workflowBundle', workflowBundle);
  return async () => {
    await server.stop();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
