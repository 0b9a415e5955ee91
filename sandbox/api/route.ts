import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Call } from '../faults.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Outcome } from '../state/meter.ts';
import { deliveryIdOf, isMetadata } from '../state/types.ts';
import { breakAnswer, pause, send } from './answer.ts';
import { callMethod } from './methods.ts';
import { Refusal, type Reply } from './reply.ts';
import { jsonArg, readRequest, textArg, type SlackRequest } from './request.ts';

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
    else if (before) {
      meterPost(sandbox, call, before.type === 'rate_limit' ? 'limited' : 'broken');
      return breakAnswer(context, sandbox, before, { status: 200, body: { ok: true }, headers: {} });
    }

    const reply = callMethod(sandbox, request);
    meterPost(sandbox, call, outcomeOf(sandbox, reply));
    const after = reply.body.ok ? sandbox.faults.strike(call, 'after') : undefined;
    if (after?.type === 'delay') await pause(sandbox, after.ms);
    else if (after) return breakAnswer(context, sandbox, after, reply);
    return send(context, sandbox, reply);
  });
  return app;
}

function callOf(sandbox: Sandbox, { method, args, token }: SlackRequest): Call {
  const workspace = token === undefined ? undefined : sandbox.store.tokens.get(token)?.workspace;
  return { method, workspace, channel: textArg(args, 'channel') ?? textArg(args, 'channel_id') };
}

function meterPost({ meter, now }: Sandbox, { method, workspace, channel }: Call, outcome: Outcome): void {
  if (method !== 'chat.postMessage' || workspace === undefined) return;
  meter.note({ workspace, channel: channel ?? '', outcome, at: now() });
}

function outcomeOf({ store }: Sandbox, { status, body }: Reply): Outcome {
  if (status === 429) return 'limited';
  if (!body.ok) return 'refused';
  return store.log(String(body['channel'])).find(String(body['ts']))?.hidden ? 'hidden' : 'shown';
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
