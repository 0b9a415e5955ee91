import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Sandbox } from '../sandbox.ts';
import type { Message } from '../state/types.ts';
import { renderMessage, replyLink } from './conversation.ts';

/** How often an idle stream sends a sign of life; well under the idle timeouts of browsers and proxies. */
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events for the page: `message` for each new message, with its HTML if it is in the channel of the query;
 * `changed` when anything else about the workspaces changes; `reset` after a reset.
 */
export function eventStream(context: Context, sandbox: Sandbox): Response {
  const watched = context.req.query('channel');
  return streamSSE(context, async (stream) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const write = (event: string, data: unknown) => stream.writeSSE({ event, data: JSON.stringify(data) }).catch(end);
    const stop = sandbox.store.onChange((change) => {
      if (change.type === 'message') void write('message', newsOf(sandbox, change.message, watched));
      else void write(change.type === 'reset' ? 'reset' : 'changed', {});
    });
    const heartbeat = setInterval(() => void write('alive', {}), HEARTBEAT_MS);
    stream.onAbort(end);
    sandbox.closing.signal.addEventListener('abort', () => end());
    await write('alive', {});
    await ended;
    clearInterval(heartbeat);
    stop();
  });
}

function newsOf({ store }: Sandbox, message: Message, watched: string | undefined): object {
  const { workspace, channel, ts, threadTs, broadcast } = message;
  const place = { workspace, channel, ts };
  if (channel !== watched) return place;
  if (threadTs === undefined) return { ...place, html: String(renderMessage(store, message)) };
  const parent = store.log(channel).find(threadTs);
  return {
    ...place,
    threadTs,
    reply: String(renderMessage(store, message, { inThread: true })),
    ...(parent && { replies: String(replyLink(store, parent)) }),
    ...(broadcast && { html: String(renderMessage(store, message)) }),
  };
}
