import { Hono, type Context } from 'hono';
import { readFile } from 'node:fs/promises';
import { html, type Html } from '../../src/slack/block-kit/html/html.ts';
import { messageStyles } from '../../src/slack/block-kit/html/render-message.ts';
import { slackMessage } from '../api/slack-objects.ts';
import { anchorOf, channelPath, tsOf } from '../links.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Channel, Message, Workspace } from '../state/types.ts';
import { conversation, messagesAfter } from './conversation.ts';
import { faultsPanel, FormProblem, submitFaultForm } from './faults-page.ts';
import { channelList, layout } from './layout.ts';
import { eventStream } from './live-events.ts';
import { ratesPanel, SPANS } from './rates-page.ts';

/** A second defence behind the escaping: only the page's own scripts may run. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** What a person sees: channels, faults and rates, and the permalinks of messages. */
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

  app.get('/w/:workspace/rates', (context) => {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    const channel = store.channels.get(context.req.query('channel') ?? '');
    const main = ratesPanel(sandbox, workspace, channel, context.req.query('span') ?? SPANS[0].id);
    return page(context, layout(store, workspace, { title: 'Rates', main, panel: 'rates' }));
  });
  app.get('/w/:workspace/faults', (context) => showFaults(context, undefined));
  app.post('/w/:workspace/faults', async (context) => {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    try {
      const form = Object.entries(await context.req.parseBody());
      submitFaultForm(sandbox, workspace, Object.fromEntries(form.filter(isTextField)));
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
    // Files come from outside: the browser shows only images, and runs nothing.
    const type = file.mimetype.startsWith('image/') ? file.mimetype : 'application/octet-stream';
    return context.body(Buffer.from(file.content, 'base64'), 200, {
      'content-type': type,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });
  app.get('/_page/events', (context) => eventStream(context, sandbox));
  app.get('/_page/message.css', (context) =>
    context.body(messageStyles(), 200, { 'content-type': TYPES['css'], 'cache-control': 'no-cache' }),
  );
  app.get('/_page/:asset', (context) => asset(context, context.req.param('asset')));
  return app;

  function workspaceOf(context: Context): Workspace | undefined {
    return store.workspaces.get(context.req.param('workspace') ?? '');
  }

  function messageOf(channel: string, anchor: string): Message | undefined {
    return store.log(channel).find(tsOf(anchor) ?? '');
  }

  /** Without a channel: the one with the newest message, or else the first. `null` is a missing channel. */
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
    return page(context, layout(store, workspace, { title, main, channel }));
  }

  function showFaults(context: Context, problem: string | undefined) {
    const workspace = workspaceOf(context);
    if (workspace === undefined) return context.notFound();
    const main = faultsPanel(sandbox, workspace, problem);
    const status = problem === undefined ? 200 : 400;
    return page(context, layout(store, workspace, { title: 'Faults', main, panel: 'faults' }), status);
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

const TYPES = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

const ASSETS: Readonly<Record<string, keyof typeof TYPES>> = {
  'app.js': 'js',
  'live.js': 'js',
  'page.css': 'css',
  'panels.css': 'css',
  'icon.svg': 'svg',
};

async function asset(context: Context, name: string) {
  const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (type === undefined) return context.notFound();
  const content = await readFile(new URL(name, import.meta.url));
  return context.body(content, 200, { 'content-type': TYPES[type], 'cache-control': 'no-cache' });
}

function isTextField(field: [string, unknown]): field is [string, string] {
  return typeof field[1] === 'string';
}
