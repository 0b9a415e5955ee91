/** How a figure varied over the repetitions. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

/** `0.86 (0.84–0.91)`: the median, and between what it lay. */
export function formatSpread(values: readonly number[], digits: number): string {
  const { min, median, max } = spreadOf(values);
  const text = (value: number): string => (Number.isNaN(value) ? 'n/a' : value.toFixed(digits));
  return values.length === 1 ? text(median) : `${text(median)} (${text(min)}–${text(max)})`;
}
