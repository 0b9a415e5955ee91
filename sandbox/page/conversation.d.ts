import { type Html } from '../../src/slack/block-kit/html/html.ts';
import type { Store } from '../state/store.ts';
import type { Channel, Message } from '../state/types.ts';
/** Which part of a channel is shown: the newest page, the one before a ts, or the one around a ts. */
export interface Window {
  before?: string | undefined;
  at?: string | undefined;
  /** The ts of the message whose replies are shown next to the channel. */
  thread?: string | undefined;
}
export declare function conversation(store: Store, channel: Channel, window: Window): Html;
/** The messages after `ts`, for a page that lost its connection; undefined when there are too many for one page. */
export declare function messagesAfter(store: Store, channel: string, ts: string): Html | undefined;
/** A message in its channel or in the thread next to it. If both show the same message, only one of them has its id. */
export declare function renderMessage(
  store: Store,
  message: Message,
  {
    inThread,
  }?: {
    inThread?: boolean | undefined;
  },
): Html;
/** "3 replies" under a message of the channel. */
export declare function replyLink(store: Store, { workspace, channel, ts, threadTs }: Message): Html | false;
