import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Command } from '@commander-js/extra-typings';
import { getRequestListener } from '@hono/node-server';
import { CODEC_SERVER_PORT } from '../../codec/keys.ts';
import { codecApp } from '../../codec/server/app.ts';
import { anyOf, type Authenticate, byAccessToken, byToken } from '../../codec/server/authenticate.ts';
import { type Config, loadConfig } from '../../config.ts';
import { isHttpsOrLoopback, isLoopbackHost } from '../../lib/addresses.ts';
import { UserError } from '../../lib/errors.ts';
import { tokensFrom } from '../../slack/tokens.ts';
import { webUiOf } from '../../dev/web-ui.ts';

interface Options {
  host: string;
  port: string;
  webUi?: string[] | undefined;
  authToken?: string | undefined;
  authJwks?: string | undefined;
  authClaim?: string[] | undefined;
}

export function codecServerCommand() {
  return new Command('codec-server')
    .description("decrypt payloads for Temporal's Web UI and CLI with SLACK_REPORTS_CODEC_KEYS")
    .option(
      '--host <address>',
      'address to listen on; one that is not loopback needs --auth-token or --auth-jwks',
      '127.0.0.1',
    )
    .option('--port <number>', 'port to listen on; 0 picks a free one', String(CODEC_SERVER_PORT))
    .option(
      '--web-ui <origin...>',
      'origins that may call it (default: TEMPORAL_UI_URL, or the Web UI of a local server)',
    )
    .option('--auth-token <reference>', 'token that callers must send: env:NAME or file:/path')
    .option('--auth-jwks <url>', "or verify the access tokens of the Web UI's users with these keys")
    .option('--auth-claim <name=value...>', 'claim that the access token must have: email=ops@example.com')
    .addHelpText('after', '\nRuns until Ctrl-C. See docs/security.md.')
    .action((options) => serve(loadConfig(), options));
}

async function serve(config: Config, options: Options): Promise<void> {
  const { namespace, codecKeys: keys } = config.temporal;
  if (keys === undefined) {
    throw UserError.input('codec_is_off', 'SLACK_REPORTS_CODEC_KEYS is not set, so there is nothing to decrypt', {
      hint: 'Give this process the keys of the workers.',
    });
  }
  const port = portOf(options.port);
  const authenticate = anyOf(await waysIn(config, options));
  const isLoopback = isLoopbackHost(options.host.includes(':') ? `[${options.host}]` : options.host);
  if (!isLoopback && authenticate === undefined) {
    throw UserError.input('codec_server_open', `On ${options.host} anyone who can reach it could read every payload`, {
      hint: 'Add --auth-token or --auth-jwks, or listen on 127.0.0.1.',
    });
  }
  const origins = originsOf(options.webUi ?? [webUiOf(config) ?? ''].filter((origin) => origin !== ''));
  const answer = getRequestListener(codecApp({ keys, namespace, origins, authenticate, isLoopback }).fetch);
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  try {
    server.listen(port, options.host);
    await once(server, 'listening');
  } catch (error) {
    throw UserError.failure('cannot_listen', `Cannot listen on ${options.host}:${port}: ${(error as Error).message}`, {
      hint: 'Choose another --port or --host.',
    });
  }
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  console.log(`Codec server listening on http://${host}:${(server.address() as AddressInfo).port}`);
  console.log(`For namespace ${namespace}, and pages of ${origins.join(' or ') || 'no origin: see --web-ui'}`);
  await askedToEnd();
  server.close();
  server.closeAllConnections();
}

async function waysIn({ slack }: Config, { authToken, authJwks, authClaim = [] }: Options): Promise<Authenticate[]> {
  const ways = [];
  if (authToken !== undefined) {
    ways.push(byToken(await tokensFrom({ env: process.env, resolverFile: slack.tokenResolver }).fetch(authToken)));
  }
  const claims = Map.groupBy(authClaim.map(claimOf), ([name]) => name);
  if (authJwks !== undefined) {
    if (!URL.canParse(authJwks) || !isHttpsOrLoopback(authJwks)) {
      throw UserError.input(
        'invalid_jwks',
        `--auth-jwks is "${authJwks}"; it must be https, or http on a loopback address`,
      );
    }
    if (claims.size === 0) {
      throw UserError.input('no_claim', '--auth-jwks alone would let in anyone with an account there', {
        hint: 'Say who may read by --auth-claim, such as email=ops@example.com; it may be given more than once.',
      });
    }
    const wanted = new Map([...claims].map(([name, pairs]) => [name, pairs.map(([, value]) => value)]));
    ways.push(byAccessToken(new URL(authJwks), wanted));
  } else if (claims.size > 0) {
    throw UserError.input('no_jwks', '--auth-claim needs --auth-jwks, the keys that sign access tokens');
  }
  return ways;
}

function claimOf(text: string): [string, string] {
  const [, name, value] = /^([^=\s]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw UserError.input('invalid_claim', `--auth-claim is "${text}"; it must be of the form name=value`);
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw UserError.input('invalid_port', `--port is "${text}"; it must be a number from 0 to 65535`);
}

/** An origin has no path; a local one is known by both of its names, since a browser compares what was typed. */
function originsOf(texts: readonly string[]): string[] {
  const origins = texts.flatMap((text) => {
    const origin = URL.parse(text)?.origin ?? 'null';
    if (origin === 'null')
      throw UserError.input('invalid_origin', `--web-ui is "${text}"; it must be like https://host`);
    if (/\/\/localhost(:|$)/.test(origin)) return [origin, origin.replace('localhost', '127.0.0.1')];
    return [origin];
  });
  return [...new Set(origins)];
}

function askedToEnd(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  return promise;
}
