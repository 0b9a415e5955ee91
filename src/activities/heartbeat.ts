import { Context } from '@temporalio/activity';

/** Several in the shortest heartbeat time-out of the workflows, in milliseconds; the SDK sends only what is needed. */
const BEAT_MS = 5_000;

/**
 * Tells Temporal while `work` lasts that this attempt is alive, so that a killed worker is noticed soon. Work that lets no
 * timer through calls `beat` as often as it can. The SDK sends the first beat at once, and Temporal Cloud bills each that
 * is sent, so short work sends none.
 */
export async function withHeartbeat<Result>(work: (beat: () => void) => Promise<Result>): Promise<Result> {
  const { heartbeat } = Context.current();
  let last = Date.now();
  const beat = () => {
    if (Date.now() - last < BEAT_MS) return;
    last = Date.now();
    heartbeat();
  };
  const timer = setInterval(() => heartbeat(), BEAT_MS);
  try {
    return await work(beat);
  } finally {
    clearInterval(timer);
  }
}
