import type { Context } from 'hono';
import { isObject } from '../../src/slack/block-kit/json.ts';
import { Refusal } from './reply.ts';

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
export async function readRequest(context: Context): Promise<SlackRequest> {
  const body = context.req.method === 'POST' ? await readBody(context) : {};
  const { token: field, ...args } = { ...context.req.query(), ...body };
  const bearer = /^Bearer\s+(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
  const { origin } = new URL(context.req.url);
  return { method: context.req.param('method') ?? '', args, token: bearer ?? stringOf(field), origin };
}

async function readBody(context: Context): Promise<Args> {
  const type = context.req.header('content-type') ?? '';
  if (!type.includes('json')) return context.req.parseBody();
  const body = parseJson(await context.req.text(), 'invalid_json');
  if (!isObject(body)) throw new Refusal('json_not_object');
  return body;
}

/** A text argument; an absent or empty one is undefined. */
export function textArg(args: Args, name: string): string | undefined {
  return stringOf(args[name]);
}

export function flagArg(args: Args, name: string): boolean {
  return ['1', 'true'].includes(String(args[name]));
}

/** A whole number between 1 and `max`; `otherwise` when it is absent or not such a number. */
export function countArg(args: Args, name: string, otherwise: number, max: number): number {
  const count = Number(args[name]);
  return Number.isInteger(count) && count >= 1 ? Math.min(count, max) : otherwise;
}

/** A structured argument, which a form carries as JSON text. Throws a `Refusal` with `code` when it is not JSON. */
export function jsonArg(args: Args, name: string, code: string): unknown {
  const value = args[name];
  if (typeof value !== 'string') return value;
  return value === '' ? undefined : parseJson(value, code);
}

/** The place of the next page in a list, opaque like Slack's. */
export function nextCursor(offset: number): string {
  return Buffer.from(`next:${offset}`).toString('base64url');
}

/** Where the page of the argument `cursor` begins; 0 without one. Throws the `Refusal` invalid_cursor. */
export function offsetOf(args: Args): number {
  const cursor = textArg(args, 'cursor');
  if (cursor === undefined) return 0;
  const offset = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (offset === undefined) throw new Refusal('invalid_cursor');
  return Number(offset);
}

function parseJson(text: string, code: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(code);
  }
}

function stringOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
