import type { Channel, Message } from './state/types.ts';
export declare function channelPath({ workspace, id }: Pick<Channel, 'workspace' | 'id'>): string;
type Named = Pick<Message, 'channel' | 'ts' | 'threadTs'>;
/** Slack's form, with the sandbox's address instead of the workspace's. */
export declare function permalinkPath({ channel, ts, threadTs }: Named): string;
/** The raw message, as conversations.history shows it. */
export declare function jsonPath({ channel, ts }: Named): string;
export declare function filePath({ id, name }: { id: string; name: string }): string;
/** The id of a message on its page: `p1700000000123456`, as in Slack's permalinks. */
export declare function anchorOf(ts: string): string;
/** The ts of an anchor; undefined when it is not one. */
export declare function tsOf(anchor: string): string | undefined;
export {};
