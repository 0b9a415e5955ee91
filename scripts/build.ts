import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { writeWorkflowBundles } from '../src/temporal/workflow-bundle.ts';

/** Bundles the workflows once, so that workers start without doing it: SLACK_REPORTS_WORKFLOW_BUNDLE=dist/workflows.js. */
await mkdir(new URL('../dist/', import.meta.url), { recursive: true });
const paths = await writeWorkflowBundles(fileURLToPath(new URL('../dist/workflows.js', import.meta.url)));
for (const path of paths) console.log(`wrote ${path}`);
