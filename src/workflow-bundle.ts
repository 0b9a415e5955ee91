import { fileURLToPath } from 'node:url';

/** The files that become the workflow bundle. */
export const WORKFLOWS_PATH = fileURLToPath(new URL('workflows/index.ts', import.meta.url));
export const WORKFLOW_INTERCEPTORS = [fileURLToPath(new URL('workflows/interceptors.ts', import.meta.url))];
