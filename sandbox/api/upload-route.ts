import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { breakAnswer, pause, type NodeContext } from './answer.ts';

/** The name under which a fault strikes the second step of an upload, which is no method of the Web API. */
export const UPLOAD = 'upload';

/** `POST /upload/v1/<file id>`: the bytes of a file, as they are or as a part of a form. */
export function uploadRoute(sandbox: Sandbox): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.onError((error) => {
    if (sandbox.closing.signal.aborted) return RESPONSE_ALREADY_SENT;
    throw error;
  });
  app.post('/:id', async (context) => {
    const id = context.req.param('id');
    const call = { method: UPLOAD, workspace: sandbox.uploads.workspaceOf(id), channel: undefined };
    const reply = { status: 200 as const, body: { ok: true }, headers: {} };
    const content = await bytesOf(context);

    const before = sandbox.faults.strike(call, 'before');
    if (before?.type === 'delay') await pause(sandbox, before.ms);
    else if (before) return breakAnswer(context, sandbox, before, reply);

    if (!sandbox.uploads.receive(id, content)) return context.text('the upload does not match what was announced', 400);
    const after = sandbox.faults.strike(call, 'after');
    if (after?.type === 'delay') await pause(sandbox, after.ms);
    else if (after) return breakAnswer(context, sandbox, after, reply);
    return context.text(`OK - ${content.length}`);
  });
  return app;
}

async function bytesOf(context: NodeContext): Promise<Buffer> {
  const type = context.req.header('content-type') ?? '';
  if (!type.startsWith('multipart/form-data')) return Buffer.from(await context.req.arrayBuffer());
  const file = Object.values(await context.req.parseBody()).find((value) => value instanceof File);
  return file === undefined ? Buffer.alloc(0) : Buffer.from(await file.arrayBuffer());
}
