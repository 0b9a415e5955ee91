import type { Sandbox } from '../sandbox.ts';
import type { Channel, Token } from '../state/types.ts';
import { Refusal } from './reply.ts';

/** A call whose token was accepted. */
export interface Caller {
  sandbox: Sandbox;
  token: Token;
  /** Where the sandbox was called, for example `http://127.0.0.1:4747`. */
  origin: string;
}

/** The first checks of every method, in Slack's order. */
export function authenticate(sandbox: Sandbox, value: string | undefined, origin: string): Caller {
  if (value === undefined) throw new Refusal('not_authed');
  const token = sandbox.store.tokens.get(value);
  if (token === undefined) throw new Refusal('invalid_auth');
  if (token.state === 'revoked') throw new Refusal('token_revoked');
  if (token.state === 'inactive') throw new Refusal('account_inactive');
  return { sandbox, token, origin };
}

export function requireScope({ token }: Caller, needed: string): void {
  if (token.scopes.includes(needed)) return;
  throw new Refusal('missing_scope', { needed, provided: token.scopes.join(',') });
}

/** A channel that the bot can see: a private channel without the bot does not exist for it. */
export function visibleChannel({ sandbox, token }: Caller, id: string | undefined): Channel {
  const channel = id === undefined ? undefined : sandbox.store.channels.get(id);
  if (channel === undefined || channel.workspace !== token.workspace || (channel.private && !channel.member)) {
    throw new Refusal('channel_not_found');
  }
  return channel;
}

/** Slack splits reading scopes by kind of channel, for example `channels:history` and `groups:history`. */
export function requireChannelScope(caller: Caller, channel: Channel, verb: 'read' | 'history'): void {
  requireScope(caller, `${kindOf(channel)}:${verb}`);
}

function kindOf({ person, private: isPrivate }: Channel): 'im' | 'groups' | 'channels' {
  if (person !== undefined) return 'im';
  return isPrivate ? 'groups' : 'channels';
}
