import type { Share } from '../activities/dispatch.ts';

/** Children of one parent: about 5 events each, and 4,096 events is what Temporal advises for a history. */
export const SHARE_SIZE = 500;
/** Parts of a large run under way at once. One parent waits for its own lock: ten share the work out better. */
const PARTS_LIVE = 10;

/** The whole of a small run. */
export function whole(due: number): Share {
  return { from: 0, to: due, stride: 1, first: 0 };
}

/** How many parts of a large run are under way at once, and how many live children each may have. */
export function split(maxLive: number): { parts: number; window: number } {
  const parts = Math.max(1, Math.min(PARTS_LIVE, maxLive));
  return { parts, window: Math.floor(maxLive / parts) };
}

/** Shares of a run of `due` deliveries: a group of `parts` shares covers the next stretch of time. */
export function shareCount(due: number, parts: number): number {
  return Math.ceil(due / (parts * SHARE_SIZE)) * parts;
}

/**
 * The n-th share. The shares of one group are interleaved like the teeth of combs, so that every part under way has its
 * deliveries over the whole stretch, and none holds back the slots that come first.
 */
export function shareAt(n: number, due: number, parts: number): Share {
  const group = Math.floor(n / parts);
  const from = group * parts * SHARE_SIZE;
  return { from, to: Math.min(due, from + parts * SHARE_SIZE), stride: parts, first: n % parts };
}

/** How many deliveries a share has. */
export function sizeOf({ from, to, stride, first }: Share): number {
  return Math.max(0, Math.ceil((to - from - first) / stride));
}
