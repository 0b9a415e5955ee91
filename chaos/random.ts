export type Random = ReturnType<typeof randomFrom>;

/** A repeatable source of chance: the same seed draws the same numbers in the same order (mulberry32). */
export function randomFrom(seed: number) {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from `from` to `to`, both included. */
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    /** From 0 to 1, 1 excluded. */
    next,
    int,
    pick: <Item>(items: readonly [Item, ...Item[]]): Item => items[int(0, items.length - 1)] ?? items[0],
  };
}
