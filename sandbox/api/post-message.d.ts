import type { Channel, Message } from '../state/types.ts';
import { type Caller } from './access.ts';
import { type Content } from './content.ts';
import { type Reply } from './reply.ts';
import { type Args } from './request.ts';
export declare function postMessage(caller: Caller, args: Args): Reply;
/** Stores the messages of a call, and returns the first. */
export declare function deliver(
  { sandbox }: Caller,
  channel: Channel,
  content: Content & Pick<Message, 'threadTs' | 'broadcast'>,
  hidden: boolean,
): Message;
/** A reply to a reply goes under the same parent. Slack accepts a reply to a missing message, and no one sees it. */
export declare function threadOf(
  { sandbox }: Caller,
  channel: Channel,
  args: Args,
): Pick<Message, 'threadTs' | 'broadcast'>;
/** Slack takes an id, or the name of a public channel with or without `#`. */
export declare function destination(caller: Caller, idOrName: string | undefined): Channel;
