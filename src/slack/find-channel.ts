import type { WebClient } from '@slack/web-api';
import { messageOf, UserError } from '../lib/errors.ts';
import { didYouMean } from '../lib/similar.ts';
import { classify } from './errors.ts';

/** Docs, conversations.list: `limit` up to 1,000; archived channels are filtered from each page after it was cut. */
const PAGE = 1_000;
/** More channels than that are not looked through: conversations.list takes 20 calls a minute. */
const PAGES_MAX = 18;

export interface FoundChannel {
  id: string;
  /** For people. */
  name: string;
}

/**
 * The conversation that is meant by `#name`, or by the id of a person (`U…`), whose direct messages with the bot are opened.
 * Ids stay when names change, so the id is what is kept. Throws a UserError `invalid_notification` where Slack has no such
 * channel or refuses, and `no_answer` where it does not answer.
 * @example await findChannel(client, '#acme-reports') // { id: 'C0123456789', name: '#acme-reports' }
 */
export async function findChannel(client: WebClient, written: string): Promise<FoundChannel> {
  try {
    return written.startsWith('#') ? await named(client, written) : await openDirectMessages(client, written);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw failure(written, error);
  }
}

/** Needs the scope `im:write`. https://docs.slack.dev/reference/methods/conversations.open */
async function openDirectMessages(client: WebClient, person: string): Promise<FoundChannel> {
  const { channel } = await client.conversations.open({ users: person });
  if (channel?.id === undefined) throw UserError.failure('no_answer', `Slack opened no direct messages with ${person}`);
  return { id: channel.id, name: `@${person}` };
}

async function named(client: WebClient, written: string): Promise<FoundChannel> {
  const name = written.slice(1);
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.conversations.list({
      types: 'public_channel,private_channel',
      exclude_archived: true,
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    const found = answer.channels?.find((channel) => channel.name === name);
    if (found?.id !== undefined) return { id: found.id, name: `#${name}` };
    seen.push(...(answer.channels ?? []).flatMap((channel) => channel.name ?? []));
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') throw unknown(written, seen);
  }
  throw UserError.input('invalid_notification', `channel: the workspace has too many channels to find ${written}`, {
    hint: ID_INSTEAD,
  });
}

const ID_INSTEAD = 'Give the id instead: in Slack, channel details, at the bottom.';

function unknown(written: string, seen: readonly string[]): UserError {
  const meant = didYouMean(written.slice(1), seen);
  return UserError.input('invalid_notification', `channel: Slack has no channel ${written} that the bot can see`, {
    hint: [meant, 'Invite the bot to a private channel, or give the id: channel details, at the bottom.']
      .join(' ')
      .trim(),
  });
}

function failure(written: string, error: unknown): UserError {
  const { kind, code, message } = classify(error);
  if (kind !== 'refused' && kind !== 'ambiguous') {
    return UserError.failure('no_answer', `channel: Slack could not be asked for ${written}: ${message}`, {
      hint: ID_INSTEAD,
      cause: error,
    });
  }
  const advice: Record<string, string> = {
    missing_scope: 'Add the scope to the app, and install it again.',
    user_not_found: 'Copy the id of the person in Slack: their profile, ⋮, "Copy member ID".',
    cannot_dm_bot: 'A bot has no direct messages with another bot.',
    user_disabled: 'The account of this person is deactivated.',
  };
  return UserError.input('invalid_notification', `channel: Slack refuses ${written}: ${message || messageOf(error)}`, {
    hint: advice[code] ?? ID_INSTEAD,
  });
}
