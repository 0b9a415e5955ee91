import type { Partition } from '../contract/dispatch.ts';

/** Children of one parent: about 5 events each, and 4,096 events is what Temporal advises for a history. */
export const PARTITION_SIZE = 500;
/**
 * Live children of one partition. A parent is woken when a child starts and when it ends: one of many handles several at once,
 * which saves CPU of the server and of the worker; one of hundreds waits for its own lock.
 */
const LIVE_PER_PARTITION = 25;
/**
 * Deliveries next to each other that belong to one partition: they start at about the same time, so one timer of the partition
 * serves them all.
 */
const GROUP_SIZE = LIVE_PER_PARTITION;
/** Partitions under way at once: the run that starts them is a parent, too. */
const LIVE_PARTITIONS_MAX = 50;

/** The whole of a small run. */
export function whole(due: number): Partition {
  return { from: 0, to: due, size: 1, step: 1, offset: 0 };
}

/** How many partitions of a large run are under way at once. */
export function livePartitions(concurrency: number): number {
  return Math.min(LIVE_PARTITIONS_MAX, Math.ceil(concurrency / LIVE_PER_PARTITION));
}

/** How many of the partitions may be under way where the concurrency has been lowered since. */
export function livePartitionsAt(concurrency: number, partitions: number): number {
  return Math.min(partitions, concurrency);
}

/** How many live children each of them may have: never fewer than one, and never more together than the run may have. */
export function concurrencyOfPartition(concurrency: number, partitions: number): number {
  return Math.floor(concurrency / livePartitionsAt(concurrency, partitions));
}

/** Partitions of a run of `due` deliveries: each `live` of them cover the next stretch of time. */
export function partitionCount(due: number, live: number): number {
  return Math.ceil(due / (live * PARTITION_SIZE)) * live;
}

/**
 * The n-th partition. Those of one stretch take turns, a group of deliveries each, so that every partition under way has
 * deliveries over all of the stretch, and none holds back the earliest.
 */
export function partitionAt(n: number, due: number, live: number): Partition {
  const from = Math.floor(n / live) * live * PARTITION_SIZE;
  return { from, to: Math.min(due, from + live * PARTITION_SIZE), size: GROUP_SIZE, step: live, offset: n % live };
}

/** How many deliveries a partition has. */
export function sizeOf({ from, to, size, step, offset }: Partition): number {
  const [turns, rest] = [Math.floor((to - from) / (size * step)), (to - from) % (size * step)];
  return turns * size + Math.min(size, Math.max(0, rest - offset * size));
}
