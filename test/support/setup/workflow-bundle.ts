import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { writeWorkflowBundles } from '../../../src/temporal/workflow-bundle.ts';
import './provided.ts';

/** Workflow code takes seconds to bundle, so all workers of a project's tests share one bundle. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'slack-reports-test-'));
  const file = join(folder, 'workflows.js');
  await writeWorkflowBundles(file, new DefaultLogger('ERROR'));
  project.provide('workflowBundle', file);
  return () => rm(folder, { recursive: true, force: true });
}
