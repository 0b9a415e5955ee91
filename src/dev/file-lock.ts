import { until } from '../lib/until.ts';

/** The lock of a process that was killed counts as left after so long, in milliseconds. A live one renews it more often. */
const STALE_MS = 10_000;
const RENEW_MS = 2_000;
const LOOK_MS = 250;

interface LockOptions {
  /** Called once, when another process has the lock. */
  onWait: () => void;
  signal?: AbortSignal | undefined;
}

/**
 * Waits until no other process has the lock of `file`, and takes it. The lock is a folder next to the file, whose folder
 * must exist. A lock left by a killed process is taken over.
 */
export async function lockFile(file: string, { onWait, signal }: LockOptions): Promise<AsyncDisposable> {
  const { lock } = await import('proper-lockfile');
  let waits = false;
  const take = async () => {
    try {
      return await lock(file, {
        realpath: false, // the file need not exist
        stale: STALE_MS,
        update: RENEW_MS,
        // Only after this process was stopped for long. Others may then do the same work at the same time.
        onCompromised: () => undefined,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      if (!waits) onWait();
      waits = true;
      return undefined;
    }
  };
  const release = await until(take, { what: `the lock of ${file}`, everyMs: LOOK_MS, ...(signal && { signal }) });
  return {
    // Rejects if another process took the lock over, which has done its own work by now.
    [Symbol.asyncDispose]: () => release().catch(() => undefined),
  };
}
