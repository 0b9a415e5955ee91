import { CancellationScope, condition } from '@temporalio/workflow';

/** What a sliding window works through. */
export interface WorkQueue<Item> {
  /** Whether nothing is left in it. Work under way may put something back. */
  isEmpty(): boolean;
  /** Whether its next item may start now. */
  isReady(): boolean;
  /** Takes the next item; call it only while the queue is ready. */
  take(): Item;
}

/**
 * Works through a queue with at most `size()` items under way, which may change meanwhile; at 0 nothing more starts. After an
 * error of `work` nothing more starts, and the error is thrown when nothing is under way any more.
 */
export async function slidingWindow<Item>(
  queue: WorkQueue<Item>,
  size: () => number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  let live = 0;
  const start = async (item: Item) => {
    live += 1;
    try {
      await work(item);
    } catch (error) {
      errors.push(error);
    } finally {
      live -= 1;
    }
  };
  const mayStart = () => live < size() && queue.isReady();
  const hasEnded = () => errors.length > 0 || (live === 0 && queue.isEmpty());
  try {
    while (!hasEnded()) {
      if (mayStart()) void start(queue.take());
      else await condition(() => mayStart() || hasEnded());
    }
  } finally {
    await CancellationScope.nonCancellable(() => condition(() => live === 0));
  }
  if (errors.length > 0) throw errors[0];
}
