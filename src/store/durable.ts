import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/** Resolves when everything that was committed before the call survives a power cut. */
export type MakeDurable = () => Promise<void>;

/** Postgres has it on disk when it answers (`synchronous_commit`), and a store in memory never has. */
export const DURABLE_ANYWAY: MakeDurable = async () => {};

/**
 * For an embedded store: SQLite itself does not wait for the disk (`synchronous = normal`), which after each commit would cost
 * a third of the rate. Syncs the write-ahead log instead where it matters, off the thread, once for all who wait.
 * With `synchronous = full` SQLite does the same after each commit: sqlite.org/pragma.html#pragma_synchronous.
 */
export function syncedLog(file: string): MakeDurable {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function begin(): Promise<void> {
    running = syncFile(`${file}-wal`).finally(() => (running = undefined));
    return running;
  }

  return () => {
    if (running === undefined) return begin();
    // The one under way may have begun before the commit.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
}

async function syncFile(path: string): Promise<void> {
  let log: number;
  try {
    // Takes microseconds; only the sync waits for the disk.
    log = openSync(path, 'r+');
  } catch (error) {
    // Without a log all is in the store's file, which SQLite has synced.
    if ((error as { code?: unknown }).code === 'ENOENT') return;
    throw error;
  }
  try {
    await promisify(fdatasync)(log);
  } finally {
    closeSync(log);
  }
}
