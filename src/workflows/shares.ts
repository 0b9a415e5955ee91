import type { Share } from '../activities/dispatch.ts';

/** Children of one parent: about 5 events each, and 4,096 events is what Temporal advises for a history. */
export const SHARE_SIZE = 500;
/** Live children of one part. A parent of many waits for its own lock, and one of few is woken for each of them. */
const WINDOW = 10;
/** Parts under way at once, at the most: the run that starts them is a parent, too. */
const PARTS_LIVE = 50;

/** The whole of a small run. */
export function whole(due: number): Share {
  return { from: 0, to: due, stride: 1, first: 0 };
}

/** How many parts of a large run are under way at once, and how many live children each may have. */
export function split(maxLive: number): { parts: number; window: number } {
  const parts = Math.min(PARTS_LIVE, Math.ceil(maxLive / WINDOW));
  return { parts, window: Math.floor(maxLive / parts) };
}

/** How many of the parts may be under way where so many deliveries may live at once. */
export function liveParts(maxLive: number, parts: number): number {
  return Math.min(parts, maxLive);
}

/** How many live children each of them may have; `split` of the same number says the same. */
export function windowOfPart(maxLive: number, parts: number): number {
  return Math.floor(maxLive / liveParts(maxLive, parts));
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
