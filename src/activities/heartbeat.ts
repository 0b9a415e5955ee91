import { Context } from '@temporalio/activity';

/** Several in the shortest heartbeat time-out of the workflows, in milliseconds; the SDK sends only what is needed. */
const BEAT_MS = 5_000;

/** Tells Temporal while `work` lasts that this attempt is alive, so that a killed worker is noticed soon. */
export async function withHeartbeat<Result>(work: () => Promise<Result>): Promise<Result> {
  const { heartbeat } = Context.current();
  const timer = setInterval(() => heartbeat(), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
