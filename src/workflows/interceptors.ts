import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Every line that a workflow logs names the run: the dispatch at its root. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      getLogAttributes: (input, next) =>
        next({ ...input, run: workflowInfo().root?.workflowId ?? input['workflowId'] }),
    },
  ],
});
