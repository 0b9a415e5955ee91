import { messageOf } from '../lib/errors.ts';
import type { Context } from './context.ts';

/** How long listing the sends may take, in milliseconds. */
const LIST_TIMEOUT_MS = 5_000;

export type SendsNaming = { kind: 'seen'; sends: string[] } | { kind: 'unknown'; reason: string };

/**
 * The scheduled sends still to come that name one of these notifications. Removing one needs no Temporal server: without it,
 * `doctor` finds such sends later.
 */
export async function sendsNaming(context: Context, ids: readonly string[]): Promise<SendsNaming> {
  try {
    const client = await context.temporal();
    // Loaded here, as the client is: it brings Temporal's client with it.
    const { isPending, listSends, namedBy } = await import('../scheduling/send.ts');
    const named = new Set(ids);
    const all = await client.withDeadline(Date.now() + LIST_TIMEOUT_MS, () => listSends(client, context.taskQueue));
    const sends = all.filter((send) => isPending(send) && namedBy(send).some((id) => named.has(id)));
    return { kind: 'seen', sends: sends.map(({ id }) => id) };
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
}
