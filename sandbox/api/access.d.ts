import type { Sandbox } from '../sandbox.ts';
import type { Channel, Token } from '../state/types.ts';
/** A call whose token was accepted. */
export interface Caller {
  sandbox: Sandbox;
  token: Token;
  /** Where the sandbox was called, for example `http://127.0.0.1:4747`. */
  origin: string;
}
/** The first checks of every method, in Slack's order. */
export declare function authenticate(sandbox: Sandbox, value: string | undefined, origin: string): Caller;
export declare function requireScope({ token }: Caller, needed: string): void;
/** A channel that the bot can see: a private channel without the bot does not exist for it. */
export declare function visibleChannel({ sandbox, token }: Caller, id: string | undefined): Channel;
/** Slack splits reading scopes by kind of channel, for example `channels:history` and `groups:history`. */
export declare function requireChannelScope(caller: Caller, channel: Channel, verb: 'read' | 'history'): void;
