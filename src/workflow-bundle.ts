import { fileURLToPath } from 'node:url';
import { failureConverterPath } from './codec/data-converter.ts';

/** The files that become the workflow bundle. */
export const WORKFLOWS_PATH = fileURLToPath(new URL('workflows/index.ts', import.meta.url));
export const WORKFLOW_INTERCEPTORS = [fileURLToPath(new URL('workflows/interceptors.ts', import.meta.url))];

/** For `bundleWorkflowCode`; with the payload codec on, workflows hide the messages of failures. */
export function workflowSources(encrypted: boolean) {
  return {
    workflowsPath: WORKFLOWS_PATH,
    workflowInterceptorModules: WORKFLOW_INTERCEPTORS,
    ...(encrypted && { failureConverterPath }),
  };
}
