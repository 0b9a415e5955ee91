import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHARE_SIZE, shareAt, shareCount, sizeOf, split, whole } from '../../src/workflows/shares.ts';

const run = fc.record({ due: fc.integer({ min: 1, max: 20_000 }), maxLive: fc.integer({ min: 1, max: 500 }) });

/** The numbers of a share's deliveries, as the store selects them. */
function members({ from, to, stride, first }: ReturnType<typeof shareAt>): number[] {
  const found: number[] = [];
  for (let seq = from; seq < to; seq += 1) if (seq % stride === first) found.push(seq);
  return found;
}

describe('the shares of a large run', () => {
  it('hold every delivery exactly once', () => {
    fc.assert(
      fc.property(run, ({ due, maxLive }) => {
        const { parts } = split(maxLive);
        const seen = new Uint8Array(due);
        for (let n = 0; n < shareCount(due, parts); n += 1) {
          for (const seq of members(shareAt(n, due, parts))) seen[seq] = (seen[seq] ?? 0) + 1;
        }
        expect(seen.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('have no more than a parent may start, and as many as they say', () => {
    fc.assert(
      fc.property(run, ({ due, maxLive }) => {
        const { parts } = split(maxLive);
        for (let n = 0; n < shareCount(due, parts); n += 1) {
          const share = shareAt(n, due, parts);
          expect(sizeOf(share)).toBe(members(share).length);
          expect(sizeOf(share)).toBeLessThanOrEqual(SHARE_SIZE);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never have more live children together than are allowed', () => {
    fc.assert(
      fc.property(run, ({ maxLive }) => {
        const { parts, window } = split(maxLive);
        expect(window).toBeGreaterThanOrEqual(1);
        expect(parts * window).toBeLessThanOrEqual(maxLive);
      }),
    );
  });

  it('begin with the earliest slots: those under way first are the first of the run', () => {
    const { parts } = split(50);
    const first = Array.from({ length: parts }, (_, n) => shareAt(n, 20_000, parts));
    expect(Math.max(...first.map(({ to }) => to))).toBe(parts * SHARE_SIZE);
  });

  it('are one for a small run', () => {
    expect(sizeOf(whole(500))).toBe(500);
    expect(sizeOf(whole(0))).toBe(0);
  });
});
