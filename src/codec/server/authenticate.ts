import { createHash, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';

/** Says why the `Authorization` header opens nothing; undefined when it does. */
export type Authenticate = (header: string | undefined) => Promise<string | undefined>;

/** Everybody who sends this token: scripts, and `temporal --codec-auth`. The Web UI cannot be given one. */
export function byToken(token: string): Authenticate {
  const expected = digest(token);
  return async (header) => {
    const given = bearer(header);
    if (given === undefined) return 'A bearer token is needed';
    return timingSafeEqual(digest(given), expected) ? undefined : 'The bearer token is a wrong one';
  };
}

/**
 * Everybody whose access token, which the Web UI passes on, is signed by one of the keys at `jwksUrl`, has not expired,
 * and has one of the wanted values in each of the named claims: a provider such as Temporal Cloud's signs for others too.
 */
export function byAccessToken(jwksUrl: URL, claims: ReadonlyMap<string, readonly string[]>): Authenticate {
  const keys = createRemoteJWKSet(jwksUrl);
  return async (header) => {
    const token = bearer(header);
    if (token === undefined) return 'An access token is needed: turn on "Pass the user access token" in the Web UI';
    try {
      const { payload } = await jwtVerify(token, keys, { requiredClaims: ['exp', ...claims.keys()] });
      const other = [...claims].find(([name, wanted]) => !valuesOf(payload[name]).some((has) => wanted.includes(has)));
      return other === undefined ? undefined : `The access token has another ${other[0]}`;
    } catch (error) {
      // jose's codes are a fixed list, such as ERR_JWT_EXPIRED.
      return `The access token is not accepted (${(error as { code?: string }).code ?? 'unknown'})`;
    }
  };
}

/** Accepts what any of the ways accepts. */
export function anyOf(ways: readonly Authenticate[]): Authenticate | undefined {
  if (ways.length === 0) return undefined;
  return async (header) => {
    let refused: string | undefined;
    for (const way of ways) {
      refused = await way(header);
      if (refused === undefined) return undefined;
    }
    return refused;
  };
}

function valuesOf(claim: unknown): string[] {
  return (Array.isArray(claim) ? claim : [claim]).filter((value) => typeof value === 'string');
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1];
}

/** Of equal length, as a comparison in constant time wants them. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
