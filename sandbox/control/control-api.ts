import { Hono, type Context } from 'hono';
import type { z } from 'zod';
import { mergeLimits } from '../state/limits.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Channel } from '../state/types.ts';
import { channelPatchSchema, faultSchema, limitsPatchSchema, tokenPatchSchema, workspaceSchema } from './schemas.ts';

/** Refuses a control request: answered as `{ok: false, error}` with this status. */
class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: 400 | 404 | 409;

  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}

/** `/_sandbox/*`: faults, limits, workspaces and what happened, for tests and people. */
export function controlApi(sandbox: Sandbox): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    if (error instanceof ControlError) return context.json({ ok: false, error: error.message }, error.status);
    throw error;
  });

  app.get('/oracle', (context) => context.json(sandbox.oracle.report()));
  app.get('/state', (context) => context.json(stateOf(sandbox)));
  app.post('/reset', (context) => {
    sandbox.reset();
    return context.json({ ok: true });
  });

  app.get('/limits', (context) => context.json(sandbox.limits));
  app.post('/limits', async (context) => {
    sandbox.limits = mergeLimits(sandbox.limits, await read(context, limitsPatchSchema));
    return context.json(sandbox.limits);
  });

  app.get('/faults', (context) => context.json({ faults: sandbox.faults.list() }));
  app.post('/faults', async (context) => context.json(sandbox.faults.add(await read(context, faultSchema))));
  app.delete('/faults', (context) => {
    sandbox.faults.clear();
    return context.json({ ok: true });
  });
  app.delete('/faults/:id', (context) => {
    const id = context.req.param('id');
    if (!sandbox.faults.remove(id)) throw new ControlError(404, `no fault '${id}'`);
    return context.json({ ok: true });
  });

  app.post('/workspaces', async (context) => {
    addWorkspace(sandbox, await read(context, workspaceSchema));
    return context.json({ ok: true });
  });
  app.post('/channels/:id', async (context) => {
    const channel = sandbox.store.channels.get(context.req.param('id'));
    if (channel === undefined) throw new ControlError(404, `no channel '${context.req.param('id')}'`);
    const changed: Channel = { ...channel, ...(await read(context, channelPatchSchema)) };
    sandbox.store.record({ type: 'channel', channel: changed });
    return context.json({ ok: true, channel: changed });
  });
  app.post('/tokens/:token', async (context) => {
    const token = sandbox.store.tokens.get(context.req.param('token'));
    if (token === undefined) throw new ControlError(404, 'no such token');
    const changed = { ...token, ...(await read(context, tokenPatchSchema)) };
    sandbox.store.record({ type: 'token', token: changed });
    return context.json({ ok: true, token: changed });
  });
  return app;
}

/** Adds a workspace, or a token and channels to an existing one. All or nothing. */
function addWorkspace({ store }: Sandbox, wanted: z.output<typeof workspaceSchema>): void {
  const { id, name, token, scopes } = wanted;
  const tokenOwner = store.tokens.get(token)?.workspace;
  if (tokenOwner !== undefined && tokenOwner !== id) {
    throw new ControlError(409, `the token belongs to workspace '${tokenOwner}'`);
  }
  const taken = wanted.channels.find((channel) => (store.channels.get(channel.id)?.workspace ?? id) !== id);
  if (taken) throw new ControlError(409, `channel id '${taken.id}' belongs to another workspace`);

  store.record({ type: 'workspace', workspace: { id, name } });
  store.record({ type: 'token', token: { token, workspace: id, scopes, state: 'ok' } });
  for (const channel of wanted.channels) store.record({ type: 'channel', channel: { ...channel, workspace: id } });
}

function stateOf({ store, limits, faults, oracle }: Sandbox) {
  const tokens = [...store.tokens.values()];
  return {
    workspaces: [...store.workspaces.values()].map((workspace) => ({
      ...workspace,
      tokens: tokens.filter((token) => token.workspace === workspace.id),
      channels: store
        .channelsOf(workspace.id)
        .map((channel) => ({ ...channel, messages: store.messagesIn(channel.id).length })),
    })),
    limits,
    faults: faults.list(),
    rateLimited: oracle.rateLimited,
  };
}

async function read<Schema extends z.ZodType>(context: Context, schema: Schema): Promise<z.output<Schema>> {
  const body: unknown = await context.req.json().catch(() => {
    throw new ControlError(400, 'the body is not JSON');
  });
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ControlError(400, `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
}
