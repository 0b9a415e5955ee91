import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, ErrorHandler } from 'hono';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, FaultAction } from '../state/faults.ts';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, invalidBlocks, ok, rateLimited, type Reply } from './reply.ts';

export type NodeContext = Context<{ Bindings: HttpBindings }>;

export function send(context: NodeContext, sandbox: Sandbox, { status, body, headers }: Reply): Response {
  if (status === 429) sandbox.oracle.answered429();
  return context.json(body, status, headers);
}

interface Step {
  /** Does the call. A fault `after` applies only to an accepted call; `reply` is what it would cut short. */
  run: () => { isAccepted: boolean; reply: Reply; response: () => Response };
  /** Called when a fault `before` replaces the call. */
  onReplaced?: (fault: FaultAction) => void;
}

/** Answers a call, with the faults that match it. */
export async function answerWithFaults(
  context: NodeContext,
  sandbox: Sandbox,
  call: Call,
  { run, onReplaced }: Step,
): Promise<Response> {
  const before = sandbox.faults.actionFor(call, 'before');
  if (before?.type === 'delay') await pause(sandbox, before.ms);
  else if (before) {
    onReplaced?.(before);
    return breakAnswer(context, sandbox, before, ok({}));
  }
  const { isAccepted, reply, response } = run();
  const after = isAccepted ? sandbox.faults.actionFor(call, 'after') : undefined;
  if (after?.type === 'delay') await pause(sandbox, after.ms);
  else if (after) return breakAnswer(context, sandbox, after, reply);
  return response();
}

/** For `onError`: a call that was delayed when the sandbox closed has no connection any more. */
export function ignoreWhenClosed({ closing }: Sandbox): ErrorHandler {
  return (error) => {
    if (closing.signal.aborted) return RESPONSE_ALREADY_SENT;
    throw error;
  };
}

/** Rejects when the sandbox closes. */
function pause({ closing }: Sandbox, ms: number): Promise<void> {
  return sleep(ms, undefined, { signal: closing.signal });
}

/** Answers as the fault says; only `truncate` lets a part of `reply` through. */
function breakAnswer(
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

function refusalFor({ error, errors }: { error: string; errors?: string[] | undefined }): Refusal {
  return errors === undefined ? new Refusal(error) : invalidBlocks(errors, error);
}
