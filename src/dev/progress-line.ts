/** Tells a person what takes long. */
export interface Progress {
  /** A line that stays. */
  say(line: string): void;
  /** A state that the next one replaces. */
  update(line: string): void;
  /** Removes the last state from a terminal. */
  clear(): void;
}

/** Without a terminal nothing can be replaced, so states are shown this seldom, in milliseconds. */
const SELDOM_MS = 60_000;

/** On a terminal a state is overwritten by the next one. In a file or a pipe at most one a minute is written. */
export function progressOn(out: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>, now = Date.now): Progress {
  let shown = '';
  let lastAt: number | undefined;
  const clear = (): void => {
    if (shown !== '') out.write('\r\u001B[2K');
    shown = '';
  };
  return {
    clear,
    say(line) {
      clear();
      out.write(`${line}\n`);
      lastAt = now();
    },
    update(line) {
      if (out.isTTY) {
        // A line that the terminal breaks in two cannot be overwritten.
        shown = line.slice(0, (out.columns || Infinity) - 1);
        out.write(`\r\u001B[2K${shown}`);
        return;
      }
      lastAt ??= now();
      if (now() - lastAt < SELDOM_MS) return;
      out.write(`${line}\n`);
      lastAt = now();
    },
  };
}
