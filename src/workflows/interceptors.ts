import { PREFIX } from '../contract/names.ts';
import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Every line that a workflow of ours logs names the run: the dispatch at its root. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  // In the worker of an application, its own workflows stay as they are.
  if (!workflowInfo().workflowType.startsWith(PREFIX)) return {};
  return {
    outbound: [
      {
        getLogAttributes: (input, next) =>
          next({ ...input, run: workflowInfo().root?.workflowId ?? input['workflowId'] }),
      },
    ],
  };
};
