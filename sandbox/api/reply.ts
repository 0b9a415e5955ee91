/** The answer of a Slack method, before faults. */
export interface Reply {
  status: 200 | 429;
  body: { ok: boolean } & Record<string, unknown>;
  headers: Record<string, string>;
}

export function ok(fields: Record<string, unknown>): Reply {
  return { status: 200, body: { ok: true, ...fields }, headers: {} };
}

/** Thrown by a method to answer `ok: false`; `code` is Slack's. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reply: Reply;

  constructor(code: string, details: Record<string, unknown> = {}) {
    super(code);
    this.reply = { status: 200, body: { ok: false, error: code, ...details }, headers: {} };
  }
}

/** Slack's shape of a payload that fails its schema. */
export function invalidBlocks(errors: string[], code = 'invalid_blocks'): Refusal {
  return new Refusal(code, { errors, response_metadata: { messages: errors.map((error) => `[ERROR] ${error}`) } });
}

/** The body is what callers see in practice (python-slack-sdk#805); the docs specify only status and header. */
export function rateLimited(retryAfter: number | undefined): Reply {
  return {
    status: 429,
    body: { ok: false, error: 'ratelimited' },
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  };
}
