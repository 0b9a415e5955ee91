import { until as poll } from '../../src/lib/until.ts';

/** Waits for a condition, and says what it waited for when the time is up. `unless` rejects when waiting is pointless. */
export function until<Value>(
  what: string,
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  deadlineMs = 30_000,
  unless?: Promise<never>,
): Promise<Value> {
  return poll(look, { what, deadlineMs, ...(unless && { unless }) });
}

/** Two runs of one second are one, or deliver the same occurrence: waits until the second is over. */
export async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1_000);
  await until('the next second', () => Math.floor(Date.now() / 1_000) > second);
}
