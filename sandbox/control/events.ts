import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { renderMessage } from '../page/message.ts';
import type { Sandbox } from '../sandbox.ts';

/** How often an idle stream shows that it lives; well under the idle timeouts of browsers and proxies. */
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events for the page: `message` with the rendered HTML of each new message, and `changed` when anything
 * else about the workspaces changed.
 */
export function eventStream(context: Context, sandbox: Sandbox): Response {
  return streamSSE(context, async (stream) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const write = (event: string, data: unknown) => stream.writeSSE({ event, data: JSON.stringify(data) }).catch(end);
    const stop = sandbox.store.onChange((change) => {
      if (change.type !== 'message') return void write('changed', {});
      const { workspace, channel, ts } = change.message;
      return void write('message', { workspace, channel, ts, html: String(renderMessage(change.message)) });
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
