import { type Caller } from './access.ts';
import { type Reply } from './reply.ts';
import { type Args } from './request.ts';
export declare function list(caller: Caller, args: Args): Reply;
export declare function info(caller: Caller, args: Args): Reply;
export declare function join(caller: Caller, args: Args): Reply;
/** The messages that the channel shows, newest first; without replies. */
export declare function history(caller: Caller, args: Args): Reply;
/** A message of the channel and its replies, oldest first; `ts` may be that of a reply. */
export declare function replies(caller: Caller, args: Args): Reply;
