import { Refusal } from './reply.ts';
import { textArg, type Args } from './request.ts';

/** A page's place in a list, opaque like Slack's. */
export function nextCursor(offset: number): string {
  return Buffer.from(`next:${offset}`).toString('base64url');
}

/** Where the page that `args.cursor` names begins; 0 without a cursor. Throws the `Refusal` invalid_cursor. */
export function offsetOf(args: Args): number {
  const cursor = textArg(args, 'cursor');
  if (cursor === undefined) return 0;
  const offset = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (offset === undefined) throw new Refusal('invalid_cursor');
  return Number(offset);
}
