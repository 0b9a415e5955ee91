import { isObject } from '../../src/slack/block-kit/json.ts';

export interface Workspace {
  id: string;
  name: string;
}

export interface Token {
  token: string;
  workspace: string;
  scopes: string[];
  state: TokenState;
}

type TokenState = 'ok' | 'revoked' | 'inactive';

/** A channel of a simulated workspace. */
export interface Channel {
  /** Unique over all workspaces. */
  id: string;
  workspace: string;
  name: string;
  private: boolean;
  archived: boolean;
  /** Whether the bot is in it. */
  member: boolean;
  /** The person whose direct messages with the app these are; undefined for a channel. */
  person?: string;
}

export interface Metadata {
  event_type: string;
  event_payload: Record<string, unknown>;
}

/** A message that the local Slack has accepted. */
export interface Message {
  workspace: string;
  channel: string;
  /** Slack's "seconds.microseconds", unique and rising within the channel. */
  ts: string;
  /** Epoch milliseconds at which the message was accepted. */
  at: number;
  text: string;
  blocks?: Record<string, unknown>[];
  attachments?: Record<string, unknown>[];
  metadata?: Metadata;
  /** The ts of the message that it answers; undefined for one of the channel itself. */
  threadTs?: string;
  /** A reply that the channel shows as well (`reply_broadcast`). */
  broadcast?: boolean;
  /** Ids of the files that it shares. */
  files?: string[];
  /** Accepted with `ok: true` but never shown: what Slack does above its posting rate. */
  hidden: boolean;
}

export interface StoredFile {
  id: string;
  workspace: string;
  name: string;
  title: string;
  mimetype: string;
  altText?: string;
  /** Epoch milliseconds at which the upload was completed. */
  at: number;
  /** Base64. */
  content: string;
}

/** Every lasting change of the sandbox; also one line of its data file. */
export type Change =
  | { type: 'workspace'; workspace: Workspace }
  | { type: 'token'; token: Token }
  | { type: 'channel'; channel: Channel }
  | { type: 'message'; message: Message }
  | { type: 'file'; file: StoredFile };

export function isMetadata(value: unknown): value is Metadata {
  return isObject(value) && typeof value['event_type'] === 'string' && isObject(value['event_payload']);
}

/**
 * The id in a message's metadata by which the oracle counts messages: `event_payload.delivery_id`. Null if it has none.
 * @example slack.sandbox.store.messagesIn('C0ACME').map(({ metadata }) => deliveryIdOf(metadata))
 */
export function deliveryIdOf(metadata: Metadata | undefined): string | null {
  const id = metadata?.event_payload['delivery_id'];
  return typeof id === 'string' ? id : null;
}
