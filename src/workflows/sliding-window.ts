import { CancellationScope, condition } from '@temporalio/workflow';

/**
 * Works through `items` in order with at most `size()` under way, which may change meanwhile; at 0 nothing more starts. After
 * an error of `work` nothing more starts; it is thrown when nothing is under way any more.
 */
export async function slidingWindow<Item>(
  items: Iterable<Item>,
  size: () => number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
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
  try {
    for (;;) {
      await condition(() => live < size() || errors.length > 0);
      const item = errors.length > 0 ? undefined : queue.next();
      if (item === undefined || item.done === true) break;
      void start(item.value);
    }
  } finally {
    await CancellationScope.nonCancellable(() => condition(() => live === 0));
  }
  if (errors.length > 0) throw errors[0];
}
