import { UserError } from '../errors.ts';

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

  constructor(code: TokenError['code'], message: string, options?: ConstructorParameters<typeof UserError>[2]) {
    super(code, message, options);
    this.code = code;
  }
}
