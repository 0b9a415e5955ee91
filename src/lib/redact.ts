/** What looks like a secret, and what stands in its place. None matches across a quotation mark, so JSON stays JSON. */
const SECRETS: readonly [RegExp, string][] = [
  // Slack's tokens, also rotated ones (xoxe.xoxb-…): https://docs.slack.dev/authentication/tokens
  [/\bxox[a-z](?:\.xox[a-z])?-[\w-]+/gi, 'xox*-***'],
  [/\bxapp-[\w-]+/gi, 'xapp-***'],
  // Anyone who has these addresses can post or upload with them.
  [/\b(hooks\.slack\.com\/(?:services|workflows|triggers))\/[\w/-]+/gi, '$1/***'],
  [/\b(files\.slack\.com\/upload\/v\d+)\/[\w/-]+/gi, '$1/***'],
  // API keys of Temporal Cloud are JSON Web Tokens.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '***'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 ***'],
  // A password in a URL, even one that should have been escaped; not host:port/path@version.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'\\]*):(?!\d+\/)[^\s"'\\]+@/gi, '$1:***@'],
  [/\b((?:access_|refresh_|api_?|client_)?(?:token|key|secret|password))=[^\s&"'\\;,]{4,}/gi, '$1=***'],
];

/** The text without anything that looks like a token, a key, or a password in a URL. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, [secret, instead]) => clean.replace(secret, instead), text);
}

/**
 * The same error, with its message, stack, details and causes redacted. A failed activity's are written into the workflow's
 * history, where everybody with the Web UI reads them.
 */
export function redactError(error: unknown): unknown {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth += 1) {
    replace(current, 'message');
    replace(current, 'stack');
    redactDetails(current as { details?: unknown });
  }
  return error;
}

function replace(error: Error, field: 'message' | 'stack'): void {
  const text = error[field];
  const clean = text === undefined ? undefined : redact(text);
  if (clean !== text) Object.defineProperty(error, field, { value: clean, configurable: true, writable: true });
}

function redactDetails(error: { details?: unknown }): void {
  if (!Array.isArray(error.details)) return;
  const text = JSON.stringify(error.details);
  const clean = redact(text);
  if (clean !== text) Object.defineProperty(error, 'details', { value: JSON.parse(clean), configurable: true });
}
