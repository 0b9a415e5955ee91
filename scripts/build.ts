import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { WORKFLOW_INTERCEPTORS, WORKFLOWS_PATH } from '../src/workflow-bundle.ts';

/** Bundles the workflows once, so that workers start without doing it: SLACK_REPORTS_WORKFLOW_BUNDLE=dist/workflows.js */
const file = fileURLToPath(new URL('../dist/workflows.js', import.meta.url));

const { code } = await bundleWorkflowCode({
  workflowsPath: WORKFLOWS_PATH,
  workflowInterceptorModules: WORKFLOW_INTERCEPTORS,
});
await mkdir(new URL('../dist/', import.meta.url), { recursive: true });
await writeFile(file, code);
console.log(`wrote ${file}`);
