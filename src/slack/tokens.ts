import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { TokenError } from './token-error.ts';
import { ownResolver } from './token-resolver.ts';

/** The token of the local sandbox; it opens nothing else. */
const SANDBOX_TOKEN = 'xoxb-sandbox';

/** The token reference of a workspace that lives in the local sandbox. */
export const SANDBOX_REF = 'sandbox';

/** What a header takes. For anything else `fetch` throws an error that repeats it, of which only a part looks like a token. */
const SENDABLE = /^[!-~]+$/;

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
 * Knows `sandbox`, `env:NAME` and `file:/path`, which it reads again each time, and the kinds of the user's own resolver,
 * a module whose path is `resolverFile`.
 */
export function tokensFrom({ env, resolverFile }: { env: NodeJS.ProcessEnv; resolverFile?: string | undefined }) {
  const own = ownResolver(resolverFile);
  return {
    /** Loads the user's own resolver, so that a mistake in it is known at start. */
    ready: () => own.ready(),
    /** Throws a TokenError that names the reference, never its content. */
    async fetch(tokenRef: string): Promise<string> {
      const token = await read(tokenRef);
      if (SENDABLE.test(token)) return token;
      throw new TokenError('malformed_token', `${tokenRef} holds a character that no token has, such as a line break`, {
        hint: 'Copy the token again, without what stands around it.',
      });
    },
  };

  async function read(tokenRef: string): Promise<string> {
    if (tokenRef === SANDBOX_REF) return SANDBOX_TOKEN;
    const [kind, place] = splitOnce(tokenRef, ':');
    if (kind === 'env' && place !== '') return fromEnvironment(place, env);
    if (kind === 'file' && place !== '') return fromFile(place);
    if (needsResolver(tokenRef)) return own.resolve(tokenRef);
    throw new TokenError('invalid_token_reference', `Token reference "${hideToken(tokenRef)}" is of no known kind`, {
      hint: 'Use env:NAME, file:/path/to/token, or sandbox. Never the token itself.',
    });
  }
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): string {
  const token = env[name]?.trim();
  if (token !== undefined && token !== '') return token;
  throw new TokenError('token_missing', `The environment variable ${name} holds no token`, {
    hint: `Set ${name} for the worker and start it again.`,
  });
}

function fromFile(path: string): string {
  try {
    const token = readFileSync(path, 'utf8').trim();
    if (token !== '') return token;
  } catch (error) {
    throw new TokenError('token_missing', `Cannot read the token file ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new TokenError('token_missing', `The token file ${path} is empty`);
}

/** The token may stand where its reference belongs. */
function hideToken(text: string): string {
  return looksLikeToken(text) ? 'a Slack token' : text;
}

function looksLikeToken(text: string): boolean {
  return /xox|xapp/i.test(text);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
