import { messageOf } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';

/** How long the other side may take, in milliseconds. */
const ANSWER_MS = 10_000;

/**
 * A dead man's switch: something outside expects a GET of the address after each run of a schedule that claimed, and raises the
 * alarm where none comes. Nothing is sent but the request itself. A failure is logged and harms nothing, and one request at a
 * time is under way.
 */
export function heartbeatTo(url: string | undefined, warn: (message: string) => void): () => void {
  if (url === undefined) return () => {};
  let underWay = false;
  return () => {
    if (underWay) return;
    underWay = true;
    void get(url, warn).finally(() => {
      underWay = false;
    });
  };
}

async function get(url: string, warn: (message: string) => void): Promise<void> {
  try {
    const response = await fetch(url, { redirect: 'follow', signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    if (!response.ok) warn(`The heartbeat was answered with status ${response.status}`);
  } catch (error) {
    warn(`The heartbeat could not be sent: ${redact(messageOf(error))}`);
  }
}
