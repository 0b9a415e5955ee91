import { executeChild, proxyActivities, workflowInfo } from '@temporalio/workflow';
import { slidingWindow, type WorkQueue } from '../../src/workflows/sliding-window.ts';
import type { BareActivities } from './activities.ts';

export interface BareInput {
  /** Children to start. */
  jobs: number;
  /** Live children at once, in all. */
  window: number;
  /** Parents that share the work; 1 is a single hot one. */
  parents: number;
}

const { post } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });

/** The least that Temporal needs for a fan-out: a parent, a child for each job, one activity in each, and nothing else. */
export async function bareParent({ jobs, window, parents }: BareInput): Promise<void> {
  const { workflowId } = workflowInfo();
  if (parents === 1) {
    const numbers = Array.from({ length: jobs }, (_, index) => index);
    return slidingWindow(
      listQueue(numbers),
      () => window,
      (job) => executeChild(bareChild, { workflowId: `${workflowId}/${job}`, args: [{ job }] }),
    );
  }
  const parts = Array.from({ length: parents }, (_, part) => ({
    jobs: Math.floor((jobs + part) / parents),
    window: Math.max(1, Math.floor(window / parents)),
    parents: 1,
  }));
  await Promise.all(
    parts.map((input, part) => executeChild(bareParent, { workflowId: `${workflowId}/part-${part}`, args: [input] })),
  );
}

export async function bareChild({ job }: { job: number }): Promise<void> {
  await post({ job });
}

/** The items of a list, in its order, each as soon as there is room. */
function listQueue<Item>(items: readonly Item[]): WorkQueue<Item> {
  let next = 0;
  return {
    isEmpty: () => next >= items.length,
    isReady: () => next < items.length,
    take: () => items[next++] as Item,
  };
}
