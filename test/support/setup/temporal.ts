import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from '../../../src/lib/ports.ts';
import { progressOn } from '../../../src/dev/progress-line.ts';
import { findTemporalCli } from '../../../src/dev/temporal-cli.ts';
import { startTemporalServer } from '../../../src/dev/temporal-server.ts';
import './provided.ts';

/** One real Temporal server for the files of a project; each uses a task queue of its own. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-test-'));
  const cli = await findTemporalCli({ env: process.env, progress: progressOn(process.stdout) });
  const server = await startTemporalServer({
    cliPath: cli.path,
    port: await freePort(),
    uiPort: await freePort(),
    logFile: join(folder, 'temporal.log'),
  });
  project.provide('temporalAddress', server.address);
  project.provide('temporalCli', cli.path);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
