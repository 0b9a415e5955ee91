import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../errors.ts';
import { TokenError } from './token-error.ts';

/** How long a fetched token is used before the vault is asked again, in milliseconds. */
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

  return {
    /** Loads the file, where one is set. Throws a TokenError that says what is wrong with it. */
    async ready(): Promise<void> {
      if (file !== undefined) await (loading ??= load(file));
    },
    async resolve(tokenRef: string): Promise<string> {
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
    throw new TokenError('token_unavailable', `The token resolver failed for ${tokenRef} (${kindOf(error)})`, {
      exitCode: 1,
    });
  }
}

/** Never the message or the cause: a vault's client may well put what it sent, or what it got, into them. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? `${error.name}, ${code}` : error.name;
}
