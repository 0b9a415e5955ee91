/** The answer of a Slack method, before faults. */
export interface Reply {
  status: 200 | 429;
  body: {
    ok: boolean;
  } & Record<string, unknown>;
  headers: Record<string, string>;
}
export declare function ok(fields: Record<string, unknown>): Reply;
/** Thrown by a method to answer `ok: false`; `code` is Slack's. */
export declare class Refusal extends Error {
  readonly name = 'Refusal';
  readonly reply: Reply;
  constructor(code: string, details?: Record<string, unknown>);
}
/** Slack's shape of a payload that fails its schema. */
export declare function invalidBlocks(errors: string[], code?: string): Refusal;
/** The body is what callers see in practice (python-slack-sdk#805); the docs specify only status and header. */
export declare function rateLimited(retryAfter: number | undefined): Reply;
