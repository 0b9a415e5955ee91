import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono, type Context } from 'hono';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, FaultAction } from '../faults.ts';
import type { Sandbox } from '../sandbox.ts';
import { deliveryIdOf, isMetadata } from '../state/types.ts';
import { callMethod } from './methods.ts';
import { Refusal, invalidBlocks, rateLimited, type Reply } from './reply.ts';
import { jsonArg, readRequest, textArg, type SlackRequest } from './request.ts';

type NodeContext = Context<{ Bindings: HttpBindings }>;

/** `/api/<method>`: Slack's Web API, with the faults in front of it and behind it. */
export function slackApi(sandbox: Sandbox): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.onError((error) => {
    // A call that slept when the sandbox closed; its connection is gone.
    if (sandbox.closing.signal.aborted) return RESPONSE_ALREADY_SENT;
    throw error;
  });
  app.on(['GET', 'POST'], '/:method', async (context) => {
    let request: SlackRequest;
    try {
      request = await readRequest(context);
    } catch (error) {
      if (error instanceof Refusal) return send(context, sandbox, error.reply);
      throw error;
    }
    noteAttempt(sandbox, request);
    const call = callOf(sandbox, request);

    const before = sandbox.faults.strike(call, 'before');
    if (before?.type === 'delay') await pause(sandbox, before.ms);
    else if (before) return breakAnswer(context, sandbox, before, { status: 200, body: { ok: true }, headers: {} });

    const reply = callMethod(sandbox, request);
    const after = reply.body.ok ? sandbox.faults.strike(call, 'after') : undefined;
    if (after?.type === 'delay') await pause(sandbox, after.ms);
    else if (after) return breakAnswer(context, sandbox, after, reply);
    return send(context, sandbox, reply);
  });
  return app;
}

function send(context: NodeContext, sandbox: Sandbox, { status, body, headers }: Reply): Response {
  if (status === 429) sandbox.oracle.answered429();
  return context.json(body, status, headers);
}

/** Answers as `action` says; `reply` is what the client would have got, and only `truncate` lets a part of it through. */
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

/** Ends early, by an error, when the sandbox closes. */
function pause(sandbox: Sandbox, ms: number): Promise<void> {
  return sleep(ms, undefined, { signal: sandbox.closing.signal });
}

function refusalFor({ error, errors }: { error: string; errors?: string[] | undefined }): Refusal {
  return errors === undefined ? new Refusal(error) : invalidBlocks(errors, error);
}

function callOf(sandbox: Sandbox, { method, args, token }: SlackRequest): Call {
  const workspace = token === undefined ? undefined : sandbox.store.tokens.get(token)?.workspace;
  return { method, workspace, channel: textArg(args, 'channel') };
}

function noteAttempt(sandbox: Sandbox, { method, args }: SlackRequest): void {
  if (method !== 'chat.postMessage') return;
  const id = readDeliveryId(args);
  if (id !== null) sandbox.oracle.attempted(id, sandbox.now());
}

function readDeliveryId(args: SlackRequest['args']): string | null {
  try {
    const metadata = jsonArg(args, 'metadata', 'invalid_metadata_format');
    return isMetadata(metadata) ? deliveryIdOf(metadata) : null;
  } catch {
    // The call itself will be refused for it.
    return null;
  }
}
