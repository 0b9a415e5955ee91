import type { Change } from './types.ts';
/** Keeps the changes of a sandbox between two runs. */
export interface Journal {
  /** Returns after the operating system has the line, so it outlives this process. */
  append(change: Change): void;
  clear(): void;
  close(): void;
}
export interface OpenedJournal {
  journal: Journal;
  changes: Change[];
  /** One sentence about what was repaired, for the person at the terminal. */
  notice: string | undefined;
}
export declare const memoryJournal: Journal;
/** Opens (or makes) an append-only file of JSON lines. Throws when it cannot be written or a whole line is not JSON. */
export declare function openJournal(file: string): OpenedJournal;
