import type { Context } from 'hono';
/** The arguments of a call; those of a form are strings, those of a JSON body may be anything. */
export type Args = Record<string, unknown>;
export interface SlackRequest {
  method: string;
  args: Args;
  token: string | undefined;
  /** Where the sandbox was called, for example `http://127.0.0.1:4747`. */
  origin: string;
}
/** Reads a call from its query, form or JSON body, as Slack does. Throws a `Refusal` when the body is not JSON. */
export declare function readRequest(context: Context): Promise<SlackRequest>;
/** A text argument; an absent or empty one is undefined. */
export declare function textArg(args: Args, name: string): string | undefined;
export declare function flagArg(args: Args, name: string): boolean;
/** A whole number between 1 and `max`; `otherwise` when it is absent or not such a number. */
export declare function countArg(args: Args, name: string, otherwise: number, max: number): number;
/** A structured argument, which a form carries as JSON text. Throws a `Refusal` with `code` when it is not JSON. */
export declare function jsonArg(args: Args, name: string, code: string): unknown;
/** The place of the next page in a list, opaque like Slack's. */
export declare function nextCursor(offset: number): string;
/** Where the page of the argument `cursor` begins; 0 without one. Throws the `Refusal` invalid_cursor. */
export declare function offsetOf(args: Args): number;
