import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { until, WaitedTooLong } from '../../../src/lib/until.ts';

const never = () => undefined;

describe('until', () => {
  test('returns the first value that is neither undefined nor false', async () => {
    const values = [undefined, false, 0, 1];
    expect(await until(() => values.shift() as number | false | undefined, { what: 'a number', everyMs: 1 })).toBe(0);
    expect(values).toEqual([1]);
  });

  test('throws what the look throws, without another look', async () => {
    let looks = 0;
    const look = () => {
      looks += 1;
      throw new Error('broken');
    };
    await expect(until(look, { what: 'nothing', everyMs: 1 })).rejects.toThrow('broken');
    expect(looks).toBe(1);
  });

  test('says what it waited for when the time is up', async () => {
    const waiting = until(never, { what: 'rain', deadlineMs: 20, everyMs: 5 });
    await expect(waiting).rejects.toThrow(new WaitedTooLong('Waited 20 ms for rain'));
  });

  test('looks at least once, and once more after the deadline', async () => {
    expect(await until(() => 'there', { what: 'it', deadlineMs: 0 })).toBe('there');
    const begun = performance.now();
    const late = () => performance.now() - begun > 30 && 'late';
    expect(await until(late, { what: 'it', deadlineMs: 20, everyMs: 50 })).toBe('late');
  });

  test('ends with the reason of its signal, in the middle of a sleep too', async () => {
    const reason = new Error('asked to end');
    const aborting = new AbortController();
    const waiting = until(never, { what: 'nothing', everyMs: 60_000, signal: aborting.signal });
    setTimeout(() => aborting.abort(reason), 5);
    await expect(waiting).rejects.toBe(reason);
  });

  test('fails at once when waiting has become pointless, and looks no more', async () => {
    let looks = 0;
    const ended = Promise.withResolvers<never>();
    const look = () => {
      looks += 1;
      if (looks === 3) ended.reject(new Error('the process ended'));
      return undefined;
    };
    await expect(until(look, { what: 'nothing', everyMs: 5, unless: ended.promise })).rejects.toThrow('process ended');
    const before = looks;
    await sleep(30);
    expect(looks).toBe(before);
  });
});
