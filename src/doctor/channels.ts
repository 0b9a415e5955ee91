import type { WebClient } from '@slack/web-api';
import { remedyFor } from '../commands/remedies.ts';
import { classify } from '../slack/classify.ts';
import type { Notification } from '../domain/notification.ts';
import { fail, type Finding, named, ok, warn } from './finding.ts';

export type ChannelKind = 'public' | 'private' | 'direct' | 'group';

/** conversations.info is of Slack's tier 3, some 50 calls a minute: so many in one go stay below it without waiting. */
const LOOKED_AT_MOST = 40;

interface Used {
  rows: readonly Notification[];
  /** What the token may do. */
  scopes: ReadonlySet<string>;
}

/** Whether each channel that notifications use is there, and lets the bot post; and of which kinds they are. */
export async function examineChannels(
  client: WebClient,
  workspace: string,
  { rows, scopes }: Used,
): Promise<{ kinds: Set<ChannelKind>; findings: Finding[] }> {
  const what = `channels of ${workspace}`;
  const channels = [...Map.groupBy(rows, ({ channel }) => channel.id)];
  const kinds = new Set<ChannelKind>(channels.flatMap(([id]) => (id.startsWith('D') ? ['direct' as const] : [])));
  const findings: Finding[] = [];
  let looked = 0;
  for (const [id, users] of channels.slice(0, LOOKED_AT_MOST)) {
    const seen = await look(client, id, { rows: users, scopes });
    if ('stop' in seen) {
      findings.push(warn(what, `${channels.length - looked} were not looked at: ${seen.stop}`, seen.remedy));
      break;
    }
    looked += 1;
    if (seen.kind !== undefined) kinds.add(seen.kind);
    if (seen.finding !== undefined) findings.push(seen.finding);
  }
  if (findings.length === 0) findings.push(ok(what, `${looked} looked at: they exist, and the bot may post`));
  if (channels.length > LOOKED_AT_MOST) {
    const left = `the other ${channels.length - LOOKED_AT_MOST} were not, to stay below Slack's 50 calls a minute`;
    findings.push(ok(what, `${LOOKED_AT_MOST} of ${channels.length} were looked at; ${left}`));
  }
  return { kinds, findings };
}

type Seen = { kind?: ChannelKind | undefined; finding?: Finding | undefined } | { stop: string; remedy: string };

async function look(client: WebClient, id: string, { rows, scopes }: Used): Promise<Seen> {
  const what = `channel ${rows[0]?.channel.name ?? id} of ${named(rows.map((row) => row.id))}`;
  try {
    const { channel = {} } = await client.conversations.info({ channel: id });
    const kind = kindOf(id, channel);
    if (channel.is_archived === true)
      return { kind, finding: fail(what, 'is archived', `${remedyFor('is_archived')}.`) };
    if (kind === 'direct' || kind === 'group' || channel.is_member === true) return { kind };
    if (kind === 'public' && scopes.has('channels:join')) return { kind };
    return { kind, finding: fail(what, 'the bot is not in it', `${remedyFor('not_in_channel')}.`) };
  } catch (error) {
    const failure = classify(error);
    const { code, message } = failure;
    if (code === 'missing_scope') return { stop: message, remedy: 'Add the scope to the app and install it again.' };
    if (code === 'ratelimited') return { stop: message, remedy: 'Ask again in a minute.' };
    if (failure.kind === 'refused' && failure.scope === 'channel')
      return { finding: fail(what, message, `${remedyFor(code)}.`) };
    return { stop: message, remedy: 'Ask again; if it stays so, see https://slack-status.com.' };
  }
}

interface SlackChannel {
  is_im?: boolean;
  is_mpim?: boolean;
  is_private?: boolean;
}

/** Ids of direct messages begin with D; of the others the id does not tell. */
function kindOf(id: string, channel: SlackChannel): ChannelKind {
  if (channel.is_im === true || id.startsWith('D')) return 'direct';
  if (channel.is_mpim === true) return 'group';
  return channel.is_private === true ? 'private' : 'public';
}
