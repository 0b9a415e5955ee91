/**
 * Works through `items` in order with at most `size` under way. An error of `work` ends its lane; it is thrown when
 * every lane has come to rest, so that nothing is under way any more.
 */
export async function inWindow<Item>(items: Iterable<Item>, size: number, work: (item: Item) => Promise<void>) {
  const queue = items[Symbol.iterator]();
  const lane = async () => {
    for (let item = queue.next(); item.done !== true; item = queue.next()) await work(item.value);
  };
  const lanes = await Promise.allSettled(Array.from({ length: size }, lane));
  const broken = lanes.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}
