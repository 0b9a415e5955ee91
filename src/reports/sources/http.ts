import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type Socket } from 'node:net';
import ky, { HTTPError, type Options, TimeoutError } from 'ky';
import { z } from 'zod';
import { askedBeforeSending } from '../../lib/before-sending.ts';
import { hasProxy } from '../../lib/proxy.ts';
import { ReportImpossible } from '../message.ts';
import { EnvReference, resolveSecret } from './secrets.ts';
import type { Http, HttpOptions, Probe } from './types.ts';

/** For one attempt, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** For all attempts and the pauses between them, in milliseconds: less than the two minutes that a report may take. */
const TOTAL_MS = 90_000;
const MAX_BYTES = 5_000_000;

const RETRY = {
  limit: 2,
  // Besides those without an answer.
  statusCodes: [408, 429, 500, 502, 503, 504],
  afterStatusCodes: [429, 503],
  maxRetryAfter: 30_000,
  retryOnTimeout: true,
  jitter: (ms: number) => ms * (0.75 + Math.random() / 2),
};

/** No error of these holds a header, a query or a password: they are shown to people and kept in histories. */
export function httpSource(env: NodeJS.ProcessEnv, resolve: Resolve = resolveName): Http {
  const guard = { allowed: allowedHosts(env[ALLOW]), isProxied: hasProxy(env), resolve };
  return {
    async json(url, { schema, maxBytes = MAX_BYTES, ...options }) {
      const address = addressOf(url);
      const request = { ...requestOf(options, env, guard), signal: AbortSignal.timeout(TOTAL_MS), retry: RETRY };
      const text = await answerTo(address, request, maxBytes).catch((error: unknown) => {
        throw new Error(`GET ${shown(address)}: ${reasonOf(error)}`);
      });
      return parsed(text, schema, shown(address));
    },

    async probe(url, options = {}) {
      const started = performance.now();
      const done = (status: number | undefined, problem?: string): Probe => ({
        status,
        ms: Math.round(performance.now() - started),
        problem,
      });
      try {
        const response = await ky(addressOf(url), {
          ...requestOf(options, env, guard),
          retry: 0,
          throwHttpErrors: false,
        });
        const probe = done(response.status);
        await response.body?.cancel();
        return probe;
      } catch (error) {
        return done(undefined, error instanceof ReportImpossible ? error.message : reasonOf(error));
      }
    },
  };
}

function addressOf(url: string): URL {
  const address = URL.parse(url);
  if (address !== null && /^https?:$/.test(address.protocol)) return address;
  throw new ReportImpossible('An address to load from has to be an http or https one');
}

/** Query and password may be secrets. */
function shown({ origin, pathname }: URL): string {
  return origin + pathname;
}

function requestOf({ headers = {}, timeoutMs = TIMEOUT_MS }: HttpOptions, env: NodeJS.ProcessEnv, guard: Guard) {
  const all = new Headers();
  let isSecret = false;
  for (const [name, value] of Object.entries(headers)) {
    isSecret ||= value instanceof EnvReference;
    try {
      all.set(name, value instanceof EnvReference ? resolveSecret(value, env) : value);
    } catch (error) {
      if (error instanceof ReportImpossible) throw error;
      // The error would quote the value.
      throw new ReportImpossible(
        `The header "${name}" holds what no header may (${value instanceof EnvReference ? String(value) : 'given'})`,
      );
    }
  }
  const fetch = (input: string | URL | Request, init?: RequestInit) =>
    fetchWithin(new Request(input, init), { timeoutMs, maxRedirects: isSecret ? 0 : REDIRECTS_MAX, guard });
  return { headers: all, timeout: timeoutMs, fetch };
}

/** As many as a browser would call too many, and more than any API needs. */
const REDIRECTS_MAX = 5;

interface Bounds {
  timeoutMs: number;
  /** None with a secret: a redirect would carry it to another place. */
  maxRedirects: number;
  guard: Guard;
}

/** Time counts until the last byte of the answer. A redirect to another origin takes no header of the report along. */
async function fetchWithin(request: Request, { timeoutMs, maxRedirects, guard }: Bounds): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  let address = new URL(request.url);
  let headers: Headers = request.headers;
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetchAllowed(address, guard, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (!isRedirect(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = URL.parse(location, address.href);
    if (next === null || !/^https?:$/.test(next.protocol)) throw new Refused('is redirected to no http address');
    if (redirects >= maxRedirects)
      throw new Refused(
        maxRedirects === 0 ? 'is redirected, which a secret does not follow' : 'is redirected too often',
      );
    if (next.origin !== address.origin) headers = new Headers();
    address = next;
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Names no address. */
class Refused extends Error {
  override readonly name = 'Refused';
}

const ALLOW = 'SLACK_REPORTS_HTTP_ALLOW';
/** The credentials of a cloud machine are there; no report has anything to ask of it. fd00:ec2::254 is that of AWS. */
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16);
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6');
LINK_LOCAL.addAddress('100.100.100.200');

/** Undefined allows every host; a set, only those: `api.example.com`, `*.example.com`, `10.0.0.0/8`. */
type Allowed = { names: readonly string[]; addresses: BlockList } | undefined;

function allowedHosts(setting: string | undefined): Allowed {
  const entries = (setting ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  if (entries.length === 0) return undefined;
  const addresses = new BlockList();
  const names: string[] = [];
  for (const entry of entries) {
    const [host = '', bits] = entry.split('/');
    const family = isIP(host);
    if (family === 0) names.push(entry);
    else
      addresses.addSubnet(
        host,
        bits === undefined ? (family === 4 ? 32 : 128) : Number(bits),
        family === 4 ? 'ipv4' : 'ipv6',
      );
  }
  return { names, addresses };
}

/** Who may be asked, and how names are looked up. */
interface Guard {
  allowed: Allowed;
  /** Then the connection leads to the proxy. */
  isProxied: boolean;
  resolve: Resolve;
}

type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>;

async function resolveName(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true });
}

/**
 * Looks at the addresses of the name, and again at the one that the connection leads to: a name may have another one by then, which is
 * how a page of the internet would reach what is inside (DNS rebinding).
 */
async function fetchAllowed(
  address: URL,
  { allowed, isProxied, resolve }: Guard,
  init: RequestInit,
): Promise<Response> {
  const host = address.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const isNamedHost = allowed === undefined || allowed.names.some((name) => isNamed(host, name));
  const refusalOf = (found: readonly string[]): Refused | undefined => {
    const isIn = (list: BlockList) => found.map((one) => list.check(one, isIP(one) === 4 ? 'ipv4' : 'ipv6'));
    if (isIn(LINK_LOCAL).includes(true)) return new Refused('is a link-local address, which reports do not ask');
    if (isNamedHost || !isIn(allowed.addresses).includes(false)) return undefined;
    return new Refused(`is not among the hosts of ${ALLOW}`);
  };
  const found = await resolve(host);
  const refusal = refusalOf(found.map((one) => one.address));
  if (refusal !== undefined) throw refusal;
  if (isProxied) return fetch(address.href, init);
  let late: Refused | undefined;
  const maySend = ({ remoteAddress = '' }: Socket): boolean => {
    late = refusalOf([remoteAddress]);
    return late === undefined;
  };
  return askedBeforeSending(maySend, () => fetch(address.href, init)).catch((error: unknown) => {
    throw late ?? error;
  });
}

function isNamed(host: string, name: string): boolean {
  return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
}

async function answerTo(address: URL, request: Options, maxBytes: number): Promise<string> {
  const response = await ky(address, request);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The libraries' own words where they hold neither address nor header: a status, or a code such as ECONNREFUSED. */
function reasonOf(error: unknown): string {
  if (error instanceof HTTPError) return `answered ${error.response.status}`;
  if (error instanceof TimeoutError || (error instanceof Error && error.name === 'TimeoutError'))
    return 'no answer in time';
  const refused = refusalIn(error);
  if (refused !== undefined) return refused.message;
  const code = codeIn(error);
  if (code !== undefined) return code;
  return error instanceof Error && error.message.startsWith('the answer is larger') ? error.message : 'no answer';
}

function refusalIn(error: unknown): Refused | undefined {
  if (!(error instanceof Error)) return undefined;
  return error instanceof Refused ? error : refusalIn(error.cause);
}

function codeIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : codeIn(error.cause);
}

function parsed<Schema extends z.ZodType>(text: string, schema: Schema, address: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`GET ${address}: the answer is not JSON`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`GET ${address}: the answer is not as expected: ${z.prettifyError(result.error)}`);
}
