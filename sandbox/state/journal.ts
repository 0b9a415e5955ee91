import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
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

export const memoryJournal: Journal = { append: () => {}, clear: () => {}, close: () => {} };

/** Opens (or makes) an append-only file of JSON lines. Throws when it cannot be written or a whole line is not JSON. */
export function openJournal(file: string): OpenedJournal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fd = openSync(file, 'a+', 0o600);
  const text = readFileSync(fd, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);

  // A process killed during a write leaves an incomplete line. No client got an answer for it.
  const torn = text.length > whole.length;
  if (torn) ftruncateSync(fd, Buffer.byteLength(whole));

  return {
    journal: {
      append: (change) => void writeSync(fd, `${JSON.stringify(change)}\n`),
      clear: () => ftruncateSync(fd, 0),
      close: () => closeSync(fd),
    },
    changes: whole.split('\n').filter(Boolean).map(parseLine(file)),
    notice: torn ? `${file}: dropped an unfinished last line (the sandbox was killed while writing it)` : undefined,
  };
}

function parseLine(file: string) {
  return (line: string, index: number): Change => {
    try {
      // Nothing but this program writes the file.
      const change: Change = JSON.parse(line);
      return change;
    } catch {
      throw new Error(`${file}:${index + 1} is not a line of sandbox data; delete the file to start again`);
    }
  };
}
