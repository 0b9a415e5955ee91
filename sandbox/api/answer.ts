import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultAction } from '../faults.ts';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, invalidBlocks, rateLimited, type Reply } from './reply.ts';

export type NodeContext = Context<{ Bindings: HttpBindings }>;

export function send(context: NodeContext, sandbox: Sandbox, { status, body, headers }: Reply): Response {
  if (status === 429) sandbox.oracle.answered429();
  return context.json(body, status, headers);
}

/** Answers as `action` says; `reply` is what the client would have got, and only `truncate` lets a part of it through. */
export function breakAnswer(
  context: NodeContext,
  sandbox: Sandbox,
  action: Exclude<FaultAction, { type: 'delay' }>,
  reply: Reply,
): Response {
  const { incoming, outgoing } = context.env;
  switch (action.type) {
    case 'drop':
      incoming.socket.destroy();
      return RESPONSE_ALREADY_SENT;
    case 'hang':
      return RESPONSE_ALREADY_SENT;
    case 'status':
      return context.text('upstream error', action.status);
    case 'truncate': {
      const body = Buffer.from(JSON.stringify(reply.body));
      outgoing.writeHead(reply.status, { 'content-type': 'application/json', 'content-length': body.length });
      outgoing.write(body.subarray(0, Math.ceil(body.length / 2)), () => incoming.socket.destroy());
      return RESPONSE_ALREADY_SENT;
    }
    case 'html':
      return context.html('<!doctype html><title>Server error</title><h1>Something went wrong</h1>');
    case 'rate_limit':
      return send(context, sandbox, rateLimited(action.retryAfter));
    case 'error':
      break;
  }
  return send(context, sandbox, refusalFor(action).reply);
}

/** Ends early, by an error, when the sandbox closes. */
export function pause(sandbox: Sandbox, ms: number): Promise<void> {
  return sleep(ms, undefined, { signal: sandbox.closing.signal });
}

function refusalFor({ error, errors }: { error: string; errors?: string[] | undefined }): Refusal {
  return errors === undefined ? new Refusal(error) : invalidBlocks(errors, error);
}
