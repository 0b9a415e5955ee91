import type { Sources } from './source-types.ts';

/** Values kept; the one that was made first goes first. */
const VALUES_KEPT = 500;

interface Kept {
  value: Promise<unknown>;
  until: number;
}

/** What many deliveries of one process ask for is loaded once: whoever asks while it is under way waits for it. */
export function cache(now: () => number = Date.now): Sources['cached'] {
  const kept = new Map<string, Kept>();
  return <Value>(key: string, ttlMs: number, load: () => Promise<Value>): Promise<Value> => {
    const known = kept.get(key);
    if (known !== undefined && now() < known.until) return known.value as Promise<Value>;
    const value = load();
    const entry = { value, until: Infinity };
    kept.delete(key);
    kept.set(key, entry);
    void settle(key, entry, ttlMs);
    const [oldest] = kept.keys();
    if (kept.size > VALUES_KEPT && oldest !== undefined) kept.delete(oldest);
    return value;
  };

  /** Its time begins when it is there, however long it took; an error is not kept. */
  async function settle(key: string, entry: Kept, ttlMs: number): Promise<void> {
    try {
      await entry.value;
      entry.until = now() + ttlMs;
    } catch {
      // Those who asked are told.
      if (kept.get(key) === entry) kept.delete(key);
    }
  }
}
