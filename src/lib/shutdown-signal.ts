import { whenParentGone } from '../dev/child-process.ts';

/** `npm` passes on the Ctrl-C that the terminal gives to both of us: so soon the second one is the first, in milliseconds. */
const SAME_SIGNAL_MS = 1_000;
/** 128 and the number of SIGINT: what a shell makes of it. */
const INTERRUPTED = 130;

/**
 * Aborts when this process is asked to end: by SIGTERM, by Ctrl-C, or since the process that started it has gone. From then
 * on SIGTERM changes nothing, so that a supervisor that asks twice does not cut off a post; a second Ctrl-C ends at once.
 */
export function untilAskedToEnd(): AbortSignal {
  const ending = new AbortController();
  let asked = 0;
  const ask = (signal?: NodeJS.Signals): void => {
    if (!ending.signal.aborted) {
      asked = Date.now();
      ending.abort();
    } else if (signal === 'SIGINT' && Date.now() - asked > SAME_SIGNAL_MS) {
      process.exit(INTERRUPTED);
    }
  };
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
  whenParentGone(ask);
  return ending.signal;
}
