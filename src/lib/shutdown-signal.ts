/** A terminal sends Ctrl-C to `npm` and to us, and `npm` passes it on. A second signal this soon is the same one, in milliseconds. */
const SAME_SIGNAL_MS = 1_000;
/** 128 and the number of SIGINT, as shells report it. */
const INTERRUPTED = 130;

/**
 * Aborts when this process is asked to end: by SIGTERM, by Ctrl-C, or because the process that started it has gone. Further
 * SIGTERMs change nothing, so that a supervisor that asks twice doesn't cut off a post. A second Ctrl-C ends the process.
 */
export function shutdownSignal(): AbortSignal {
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

/**
 * In a child started with `ipc`: calls back once when the parent has gone, however it went (also by SIGKILL, which leaves it
 * no time to say so). Does not keep the process alive. Does nothing in a process that has no such parent.
 */
function whenParentGone(callback: () => void): void {
  if (!process.connected) return;
  process.once('disconnect', callback);
  process.channel?.unref();
}
