import { Hono, type Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { readFile } from 'node:fs/promises';
import { slackMessage } from '../api/slack-message.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Channel, Message, Workspace } from '../state/types.ts';
import { conversation, messagesAfter } from './channel.ts';
import { FormProblem, submit } from './fault-forms.ts';
import { faultsPanel } from './faults.ts';
import { html, type Html } from './html.ts';
import { layout, type View } from './layout.ts';
import { anchorOf, channelPath, tsOf } from './links.ts';
import { ratesPanel, SPANS } from './rates.ts';
import { searchResults } from './search.ts';
import { channelList } from './sidebar.ts';

/** Even a mistake in the escaping could not run a script: none but the page's own files may. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** What a person sees: channels, search, faults and rates; and the addresses that a message can be linked by. */
export function pageRoutes(sandbox: Sandbox): Hono {
  const { store } = sandbox;
  const app = new Hono();
  app.notFound((context) => context.text('There is no such page; / shows the newest conversation.', 404));

  app.get('/', (context) => showChannel(context, store.workspaces.values().next().value, undefined));
  app.get('/w/:workspace', (context) => showChannel(context, workspaceOf(context), undefined));
  app.get('/w/:workspace/c/:channel', (context) =>
    showChannel(context, workspaceOf(context), store.channels.get(context.req.param('channel')) ?? null),
  );
  app.get('/w/:workspace/c/:channel/after/:ts', (context) => {
    const news = messagesAfter(store, context.req.param('channel'), context.req.param('ts'));
    return news === undefined ? context.text('More than a page of messages came.', 409) : fragment(context, news);
  });
  app.get('/w/:workspace/channels', (context) => {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    const current = store.channels.get(context.req.query('current') ?? '');
    return fragment(context, channelList(store, workspace, { current, filter: context.req.query('q') ?? '' }));
  });

  app.get('/w/:workspace/search', (context) => {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    const query = context.req.query('q') ?? '';
    const main = searchResults(store, workspace, query, Number(context.req.query('from')) || 0);
    return page(context, layout(viewOf(context, workspace), { title: 'Search', main, query, panel: 'search' }));
  });
  app.get('/w/:workspace/rates', (context) => {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    const channel = store.channels.get(context.req.query('channel') ?? '');
    const main = ratesPanel(sandbox, workspace, channel, context.req.query('span') ?? SPANS[0].id);
    return page(context, layout(viewOf(context, workspace), { title: 'Rates', main, panel: 'rates' }));
  });
  app.get('/w/:workspace/faults', (context) => showFaults(context, undefined));
  app.post('/w/:workspace/faults', async (context) => {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    try {
      const form = Object.entries(await context.req.parseBody());
      submit(sandbox, workspace, Object.fromEntries(form.filter((field) => typeof field[1] === 'string')) as never);
    } catch (error) {
      if (error instanceof FormProblem) return showFaults(context, error.message);
      throw error;
    }
    return context.redirect(`/w/${workspace.id}/faults`, 303);
  });

  app.get('/archives/:channel/:anchor{p[0-9]+}', (context) => {
    const message = messageOf(context.req.param('channel'), context.req.param('anchor'));
    if (message === undefined) return context.notFound();
    const { ts, threadTs = context.req.query('thread_ts') } = message;
    const place = threadTs === undefined ? `at=${ts}` : `at=${threadTs}&thread=${threadTs}`;
    return context.redirect(`${channelPath({ ...message, id: message.channel })}?${place}#${anchorOf(ts)}`);
  });
  app.get('/archives/:channel/:file{p[0-9]+\\.json}', (context) => {
    const message = messageOf(context.req.param('channel'), context.req.param('file').replace('.json', ''));
    if (message === undefined) return context.notFound();
    const text = JSON.stringify(slackMessage(store, message, { allMetadata: true }), null, 2);
    return context.body(text, 200, { 'content-type': 'application/json' });
  });
  app.get('/files/:id/:name', (context) => {
    const file = store.files.get(context.req.param('id'));
    if (file === undefined) return context.notFound();
    // A file is somebody else's: it is shown only as an image, and can run nothing.
    const type = file.mimetype.startsWith('image/') ? file.mimetype : 'application/octet-stream';
    return context.body(Buffer.from(file.content, 'base64'), 200, {
      'content-type': type,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });
  app.get('/_page/:asset', (context) => asset(context, context.req.param('asset')));
  return app;

  function workspaceOf(context: Context): Workspace | undefined {
    return store.workspaces.get(context.req.param('workspace') ?? '');
  }

  function messageOf(channel: string, anchor: string): Message | undefined {
    return store.log(channel).find(tsOf(anchor) ?? '');
  }

  function viewOf(context: Context, workspace: Workspace): View {
    const theme = getCookie(context, 'theme');
    return { store, workspace, theme: theme === 'light' || theme === 'dark' ? theme : undefined };
  }

  /** Without a channel: the one with the newest message, or else the first. `null` is a channel that is not there. */
  function showChannel(context: Context, workspace: Workspace | undefined, wanted: Channel | null | undefined) {
    if (workspace === undefined || wanted === null) return context.notFound();
    const lastMicros = ({ id }: Channel) => store.log(id).lastMicros;
    const newest = () => store.channelsOf(workspace.id).toSorted((a, b) => lastMicros(b) - lastMicros(a))[0];
    const channel = wanted ?? newest();
    if (channel !== undefined && channel.workspace !== workspace.id) return context.notFound();
    const { before, at, thread } = context.req.query();
    const main = channel
      ? conversation(store, channel, { before, at, thread })
      : html`<p class="empty">This workspace has no channels.</p>`;
    const title = channel ? `#${channel.name}` : 'No channels';
    return page(context, layout(viewOf(context, workspace), { title, main, channel }));
  }

  function showFaults(context: Context, problem: string | undefined) {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    const main = faultsPanel(sandbox, workspace, problem);
    const status = problem === undefined ? 200 : 400;
    return page(context, layout(viewOf(context, workspace), { title: 'Faults', main, panel: 'faults' }), status);
  }
}

function page(context: Context, content: Html, status: 200 | 400 = 200) {
  context.header('content-security-policy', CONTENT_SECURITY_POLICY);
  return fragment(context, content, status);
}

function fragment(context: Context, content: Html, status: 200 | 400 = 200) {
  context.header('cache-control', 'no-store');
  return context.html(String(content), status);
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The scripts, styles and pictures of this folder, and nothing else of it. */
async function asset(context: Context, name: string) {
  const type = TYPES[/^[a-z-]+\.(js|css|svg)$/.exec(name)?.[1] ?? ''];
  if (type === undefined) return context.notFound();
  try {
    const content = await readFile(new URL(name, import.meta.url));
    return context.body(content, 200, { 'content-type': type, 'cache-control': 'no-cache' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.notFound();
    throw error;
  }
}
