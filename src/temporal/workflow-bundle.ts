import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { bundleFor, failureConverterPath } from '../codec/data-converter.ts';
import { moduleFile } from '../lib/module-file.ts';

/** The files that become the workflow bundle. */
export const WORKFLOWS_PATH = moduleFile('../workflows/index', import.meta.url);
export const WORKFLOW_INTERCEPTORS = [moduleFile('../workflows/interceptors', import.meta.url)];

/**
 * Bundles the workflows into `file`, and for workers with the payload codec on, whose workflows hide the messages of
 * failures, into a second file next to it. Returns the paths of both.
 */
export async function writeWorkflowBundles(file: string, logger?: Logger): Promise<string[]> {
  const paths = [false, true].map(async (encrypted) => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: WORKFLOWS_PATH,
      workflowInterceptorModules: WORKFLOW_INTERCEPTORS,
      ...(encrypted && { failureConverterPath }),
      ...(logger !== undefined && { logger }),
    });
    const path = bundleFor(file, encrypted);
    await writeFile(path, code);
    return path;
  });
  return Promise.all(paths);
}
