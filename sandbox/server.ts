import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { uploadRoute } from './api/files.ts';
import { webApi } from './api/web-api.ts';
import { controlApi } from './control/control-api.ts';
import { onlyThisMachine } from './loopback.ts';
import { pageRoutes } from './page/pages.ts';
import { Sandbox, type SandboxParts } from './sandbox.ts';
import { DEFAULT_TOKEN } from './state/seed.ts';

/** Where the local Slack listens, what it keeps, and its rates. */
export interface SandboxOptions extends SandboxParts {
  /** 0 picks a free port. */
  port: number;
  /** A loopback address; 127.0.0.1 when absent. */
  host?: string;
}

/** A local Slack that listens; `await using` ends it. */
export interface RunningSandbox extends AsyncDisposable {
  /** For example `http://127.0.0.1:4747`, without a slash at the end. */
  url: string;
  /** The base URL for a Slack client: `slackApiUrl` of `@slack/web-api`. */
  slackApiUrl: string;
  /** The token of the seeded workspace. */
  token: string;
  /** The parts behind the HTTP server, for tests in the same process. */
  sandbox: Sandbox;
  /** Ends every open connection, hanging ones too, and closes the data file. */
  close(): Promise<void>;
}

/** By default Node closes an idle connection after 5 s, and a client that reuses it at that moment sees a reset. */
const KEEP_ALIVE_MS = 65_000;

/** A message has at most 50 blocks of some thousand characters; everything is held in memory, in bytes. */
const CALL_MAX_BYTES = 2 * 1_048_576;
const UPLOAD_MAX_BYTES = 64 * 1_048_576;

function limitBody(maxSize: number) {
  return bodyLimit({ maxSize, onError: (context) => context.text(`The body is larger than ${maxSize} bytes`, 413) });
}

/**
 * Starts a local Slack, with its Web API and its page. Rejects if the port is taken or the data file cannot be used.
 * @example
 * await using slack = await startSandbox({ port: 0 });
 * const client = new WebClient(slack.token, { slackApiUrl: slack.slackApiUrl });
 */
export async function startSandbox({ port, host = '127.0.0.1', ...parts }: SandboxOptions): Promise<RunningSandbox> {
  const sandbox = new Sandbox(parts);
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(onlyThisMachine);
  app.use('/upload/*', limitBody(UPLOAD_MAX_BYTES));
  for (const path of ['/api/*', '/_sandbox/*', '/w/*']) app.use(path, limitBody(CALL_MAX_BYTES));
  app.route('/api', webApi(sandbox));
  app.route('/upload/v1', uploadRoute(sandbox));
  app.route('/_sandbox', controlApi(sandbox));
  app.route('/', pageRoutes(sandbox));

  const answer = getRequestListener(app.fetch);
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (incoming, outgoing) => void answer(incoming, outgoing),
  );
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    sandbox.store.close();
    throw error;
  }

  const url = `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`;
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= closeServer(server, sandbox));
  return {
    url,
    slackApiUrl: `${url}/api/`,
    token: DEFAULT_TOKEN,
    sandbox,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no TCP port');
  return address.port;
}

async function closeServer(server: Server, sandbox: Sandbox): Promise<void> {
  sandbox.closing.abort();
  const ended = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await ended;
  sandbox.store.close();
}
