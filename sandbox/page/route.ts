import { Hono, type Context } from 'hono';
import { readFile } from 'node:fs/promises';
import type { Sandbox } from '../sandbox.ts';
import { renderPage } from './shell.ts';

const ASSETS: Readonly<Record<string, string>> = {
  'app.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'sidebar.css': 'text/css; charset=utf-8',
  'blocks.css': 'text/css; charset=utf-8',
  'data.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Even a mistake in the escaping could not run a script: none but the page's own file may. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/`, `/w/:workspace` and `/w/:workspace/c/:channel`: the conversations as Slack would show them. */
export function pageRoutes(sandbox: Sandbox): Hono {
  const app = new Hono();
  app.get('/', (context) => show(context, sandbox, undefined, undefined));
  app.get('/w/:workspace', (context) => show(context, sandbox, context.req.param('workspace'), undefined));
  app.get('/w/:workspace/c/:channel', (context) =>
    show(context, sandbox, context.req.param('workspace'), context.req.param('channel')),
  );
  app.get('/_page/:asset', async (context) => {
    const asset = context.req.param('asset');
    const type = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (type === undefined) return context.notFound();
    return context.body(await readFile(new URL(asset, import.meta.url)), 200, {
      'content-type': type,
      'cache-control': 'no-cache',
    });
  });
  return app;
}

/** Without a channel: the one with the newest message, or else the first. */
function show(context: Context, { store }: Sandbox, workspaceId: string | undefined, channelId: string | undefined) {
  const workspace =
    workspaceId === undefined ? store.workspaces.values().next().value : store.workspaces.get(workspaceId);
  if (workspace === undefined) return context.text('No such workspace.', 404);
  const channels = store.channelsOf(workspace.id);
  const newest = channels.toSorted((a, b) => lastAt(b.id) - lastAt(a.id))[0];
  const channel = channelId === undefined ? newest : channels.find(({ id }) => id === channelId);
  if (channel === undefined && channelId !== undefined) return context.text('No such channel.', 404);
  context.header('content-security-policy', CONTENT_SECURITY_POLICY);
  context.header('cache-control', 'no-store');
  return context.html(String(renderPage(store, workspace, channel)));

  function lastAt(id: string): number {
    return store.messagesIn(id).at(-1)?.at ?? 0;
  }
}
