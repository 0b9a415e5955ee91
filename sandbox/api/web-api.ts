import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import type { Call } from '../state/faults.ts';
import type { Outcome } from '../state/meter.ts';
import { deliveryIdOf, isMetadata } from '../state/types.ts';
import { answerWithFaults, ignoreWhenClosed, send } from './answer.ts';
import { callMethod } from './methods.ts';
import { Refusal, type Reply } from './reply.ts';
import { jsonArg, readRequest, textArg, type SlackRequest } from './request.ts';

/** `/api/<method>`: Slack's Web API, with faults. */
export function webApi(sandbox: Sandbox): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.onError(ignoreWhenClosed(sandbox));
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
    return answerWithFaults(context, sandbox, call, {
      run() {
        const reply = callMethod(sandbox, request);
        meterPost(sandbox, call, outcomeOf(sandbox, reply));
        return { isAccepted: reply.body.ok, reply, response: () => send(context, sandbox, reply) };
      },
      onReplaced: ({ type }) => meterPost(sandbox, call, type === 'rate_limit' ? 'limited' : 'broken'),
    });
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
    // The method refuses the call for it.
    return null;
  }
}
