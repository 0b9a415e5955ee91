import ky, { HTTPError, type Options, TimeoutError } from 'ky';
import { z } from 'zod';
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
export function httpSource(env: NodeJS.ProcessEnv): Http {
  return {
    async json(url, { schema, maxBytes = MAX_BYTES, ...options }) {
      const address = addressOf(url);
      const request = { ...requestOf(options, env), signal: AbortSignal.timeout(TOTAL_MS), retry: RETRY };
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
        const response = await ky(addressOf(url), { ...requestOf(options, env), retry: 0, throwHttpErrors: false });
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

function requestOf({ headers = {}, timeoutMs = TIMEOUT_MS }: HttpOptions, env: NodeJS.ProcessEnv) {
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
  // A redirect would carry secrets to another place.
  return { headers: all, timeout: timeoutMs, redirect: isSecret ? ('error' as const) : ('follow' as const) };
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
  const code = codeIn(error);
  if (code !== undefined) return code;
  return error instanceof Error && error.message.startsWith('the answer is larger') ? error.message : 'no answer';
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
