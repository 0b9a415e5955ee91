/**
 * Works through `items` in order with at most `size` under way. An error of `work` ends its lane; it is thrown when
 * every lane has come to rest, so that nothing is under way any more.
 */
export async function inWindow<Item>(items: readonly Item[], size: number, work: (item: Item) => Promise<void>) {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(size, items.length) }, lane));
  const broken = lanes.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}
