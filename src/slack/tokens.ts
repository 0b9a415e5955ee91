import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { messageOf, UserError } from '../lib/errors.ts';
import { knowSecret } from '../lib/known-secrets.ts';

/**
 * Why there is no token for a workspace. `token_unavailable`: the vault could not be asked, and may be back in a while, so
 * deliveries wait. Each of the others parks the workspace until it is fixed.
 */
export const TOKEN_ERRORS = [
  'broken_token_resolver',
  'invalid_token_reference',
  'malformed_token',
  'no_token_resolver',
  'token_missing',
  'token_unavailable',
  'unknown_workspace',
] as const;

/** There is no token; the message names its reference, never its content. */
export class TokenError extends UserError {
  override readonly code: (typeof TOKEN_ERRORS)[number];

  constructor(code: TokenError['code'], message: string, options?: { hint?: string; cause?: unknown }) {
    super(code, message, code === 'token_unavailable' ? 1 : 2, options);
    this.code = code;
  }
}

/** The token of the local sandbox; it opens nothing else. */
const SANDBOX_TOKEN = 'xoxb-sandbox';

/** The token reference of a workspace that lives in the local sandbox. */
export const SANDBOX_REF = 'sandbox';

/** What a header takes. For anything else `fetch` throws an error that repeats it, of which only a part looks like a token. */
const SENDABLE = /^[!-~]+$/;

/** A file that is written in place is empty for a moment: it is read up to `EMPTY_LOOKS` times, `EMPTY_AGAIN_MS` apart. */
const [EMPTY_LOOKS, EMPTY_AGAIN_MS] = [5, 50];

/** A reference is stored and shown; a token never is. */
export function isTokenReference(text: string): boolean {
  if (text === SANDBOX_REF || /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(text) || /^file:./.test(text)) return true;
  return needsResolver(text);
}

/** True for a reference such as `vault:slack/beta`, whose kind only the user's own resolver knows. */
export function needsResolver(text: string): boolean {
  const [, kind = ''] = /^([a-z][a-z0-9+.-]*):[^\s]+$/.exec(text) ?? [];
  return kind !== '' && kind !== 'env' && kind !== 'file' && !looksLikeToken(text);
}

/**
 * Tells one token of a workspace from the next, in the store and to people: 64 bits of a hash, of which no token can be
 * guessed, and which is another one in each workspace.
 */
export function tokenHash(workspaceId: string, token: string): string {
  return createHash('sha256').update(`${workspaceId} ${token}`).digest('hex').slice(0, 16);
}

/**
 * Knows `sandbox`, `env:NAME` and `file:/path`, which it reads again each time, and the kinds of the user's own resolver,
 * a module whose path is `resolverFile`.
 */
export function tokensFrom({ env, resolverFile }: { env: NodeJS.ProcessEnv; resolverFile?: string | undefined }) {
  const own = ownResolver(resolverFile);
  return {
    /** Loads the user's own resolver, so that a mistake in it is known at start. */
    ready: () => own.ready(),
    /**
     * Throws a TokenError that names the reference, never its content. `refused`: Slack does not take this token, so it is not
     * taken from what is kept.
     */
    async fetch(tokenRef: string, refused?: string): Promise<string> {
      const token = await read(tokenRef, refused);
      knowSecret(token);
      if (SENDABLE.test(token)) return token;
      throw new TokenError('malformed_token', `${tokenRef} holds a character that no token has, such as a line break`, {
        hint: 'Copy the token again, without what stands around it.',
      });
    },
  };

  async function read(tokenRef: string, refused?: string): Promise<string> {
    if (tokenRef === SANDBOX_REF) return SANDBOX_TOKEN;
    const [kind, place] = splitOnce(tokenRef, ':');
    if (kind === 'env' && place !== '') return fromEnvironment(place, env);
    if (kind === 'file' && place !== '') return fromFile(place);
    if (needsResolver(tokenRef)) return own.resolve(tokenRef, refused);
    throw new TokenError(
      'invalid_token_reference',
      `The token reference is ${kindShown(tokenRef)}, which is of no known kind`,
      {
        hint: 'Use env:NAME, file:/path/to/token, or sandbox. Never the token itself.',
      },
    );
  }
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): string {
  const token = env[name]?.trim();
  if (token !== undefined && token !== '') return token;
  throw new TokenError('token_missing', `The environment variable ${name} holds no token`, {
    hint: `Set ${name} for the worker and start it again.`,
  });
}

async function fromFile(path: string): Promise<string> {
  for (let looks = 1; ; looks += 1) {
    const token = readToken(path);
    if (token !== '') return token;
    if (looks === EMPTY_LOOKS) throw new TokenError('token_missing', `The token file ${path} is empty`);
    await sleep(EMPTY_AGAIN_MS);
  }
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new TokenError('token_missing', `Cannot read the token file ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The token may stand where its reference belongs: only the kind of a reference is shown. */
function kindShown(text: string): string {
  if (looksLikeToken(text)) return 'a Slack token';
  return /^[a-z][a-z0-9+.-]{0,20}:/.exec(text)?.[0] ?? 'no reference';
}

function looksLikeToken(text: string): boolean {
  return /xox|xapp/i.test(text);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** How long a fetched token is used before the vault is asked again, in milliseconds; unless Slack refuses it. */
const KEEP_MS = 60_000;
/** How long a resolver may take, in milliseconds: well within the 90 s of an attempt to post. */
const RESOLVE_TIMEOUT_MS = 10_000;

/**
 * What a file of one's own exports as `resolveToken`: the token that a reference such as `vault:slack/beta` points to,
 * and undefined or an empty text where there is none. What it throws means "not now", and is tried again.
 */
export type ResolveToken = (tokenRef: string, options: { signal: AbortSignal }) => Promise<string | undefined>;

/** The resolver in `file`. Tokens are kept for a minute, and one question is asked for all who want it meanwhile. */
export function ownResolver(file: string | undefined, keepMs = KEEP_MS) {
  let loading: Promise<ResolveToken> | undefined;
  const kept = new Map<string, { until: number; token: Promise<string> }>();

  async function ask(tokenRef: string): Promise<string> {
    const resolveToken = await (loading ??= load(file));
    const token = await withinTime(tokenRef, resolveToken);
    if (typeof token === 'string' && token.trim() !== '') return token.trim();
    throw new TokenError('token_missing', `The token resolver knows no token for ${tokenRef}`, {
      hint: 'Put the token where its reference points, or give the workspace another reference.',
    });
  }

  async function forget(tokenRef: string, refused: string): Promise<void> {
    const known = kept.get(tokenRef);
    const token = await known?.token.catch(() => undefined);
    // Another one may have been asked for meanwhile.
    if (token === refused && kept.get(tokenRef) === known) kept.delete(tokenRef);
  }

  return {
    /** Loads the file, where one is set. Throws a TokenError that says what is wrong with it. */
    async ready(): Promise<void> {
      if (file !== undefined) await (loading ??= load(file));
    },
    /** `refused` is a token that Slack does not take: the vault is asked again, once for all who were refused with it. */
    async resolve(tokenRef: string, refused?: string): Promise<string> {
      if (refused !== undefined) await forget(tokenRef, refused);
      const known = kept.get(tokenRef);
      if (known !== undefined && known.until > Date.now()) return known.token;
      const token = ask(tokenRef);
      kept.set(tokenRef, { until: Date.now() + keepMs, token });
      // Only what was fetched is kept.
      token.catch(() => kept.get(tokenRef)?.token === token && kept.delete(tokenRef));
      return token;
    },
  };
}

async function load(file: string | undefined): Promise<ResolveToken> {
  if (file === undefined) {
    throw new TokenError('no_token_resolver', 'There is no token resolver for references of this kind', {
      hint: 'Set SLACK_REPORTS_TOKEN_RESOLVER to a file that exports resolveToken, or use env:NAME or file:/path.',
    });
  }
  const { resolveToken } = await importFile(file);
  if (typeof resolveToken === 'function') return resolveToken as ResolveToken;
  throw new TokenError('broken_token_resolver', `${file} exports no function resolveToken`, {
    hint: 'export async function resolveToken(ref: string): Promise<string | undefined>',
  });
}

async function importFile(file: string): Promise<{ resolveToken?: unknown }> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as { resolveToken?: unknown };
  } catch (error) {
    throw new TokenError('broken_token_resolver', `The token resolver ${file} cannot be loaded: ${messageOf(error)}`, {
      hint: 'It is set by SLACK_REPORTS_TOKEN_RESOLVER.',
      cause: error,
    });
  }
}

async function withinTime(tokenRef: string, resolveToken: ResolveToken): Promise<string | undefined> {
  const signal = AbortSignal.timeout(RESOLVE_TIMEOUT_MS);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('Too late', 'TimeoutError')));
  });
  try {
    return await Promise.race([resolveToken(tokenRef, { signal }), late]);
  } catch (error) {
    throw new TokenError('token_unavailable', `The token resolver failed for ${tokenRef} (${kindOf(error)})`);
  }
}

/** Never the message or the cause: a vault's client may well put what it sent, or what it got, into them. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? `${error.name}, ${code}` : error.name;
}
