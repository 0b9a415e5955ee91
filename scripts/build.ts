import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundleFor } from '../src/codec/bundle.ts';
import { workflowSources } from '../src/workflow-bundle.ts';

/**
 * Bundles the workflows once, so that workers start without doing it: SLACK_REPORTS_WORKFLOW_BUNDLE=dist/workflows.js.
 * A second bundle is for workers with the payload codec on, whose workflows hide the messages of failures.
 */
const file = fileURLToPath(new URL('../dist/workflows.js', import.meta.url));

await mkdir(new URL('../dist/', import.meta.url), { recursive: true });
for (const encrypted of [false, true]) {
  const { code } = await bundleWorkflowCode(workflowSources(encrypted));
  const path = bundleFor(file, encrypted);
  await writeFile(path, code);
  console.log(`wrote ${path}`);
}
