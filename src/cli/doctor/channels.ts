import type { WebClient } from '@slack/web-api';
import { adviceFor } from '../../domain/advice.ts';
import { classify } from '../../slack/errors.ts';
import type { Notification } from '../../domain/notification.ts';
import { fail, type Finding, named, ok, warn } from './finding.ts';

export type ChannelKind = 'public' | 'private' | 'direct' | 'group';

/** conversations.info is in Slack's tier 3, about 50 calls a minute. https://docs.slack.dev/apis/web-api/rate-limits */
const CHECKED_MAX = 40;

interface Used {
  rows: readonly Notification[];
  /** What the token may do. */
  scopes: ReadonlySet<string>;
}

/** Checks that each channel exists and lets the bot post. Also returns which kinds of channels there are. */
export async function examineChannels(
  client: WebClient,
  workspace: string,
  { rows, scopes }: Used,
): Promise<{ kinds: Set<ChannelKind>; findings: Finding[] }> {
  const what = `channels of ${workspace}`;
  const channels = [...Map.groupBy(rows, ({ channel }) => channel.id)];
  const kinds = new Set<ChannelKind>(channels.flatMap(([id]) => (id.startsWith('D') ? ['direct' as const] : [])));
  const findings: Finding[] = [];
  let checked = 0;
  for (const [id, users] of channels.slice(0, CHECKED_MAX)) {
    const seen = await look(client, id, { rows: users, scopes });
    if (seen.kind === 'stop') {
      findings.push(warn(what, `${channels.length - checked} were not checked: ${seen.why}`, seen.advice));
      break;
    }
    checked += 1;
    switch (seen.kind) {
      case 'usable':
        kinds.add(seen.channelKind);
        break;
      case 'unusable':
        if (seen.channelKind !== undefined) kinds.add(seen.channelKind);
        findings.push(seen.finding);
        break;
      default:
        seen satisfies never;
    }
  }
  if (findings.length === 0) findings.push(ok(what, `${checked} checked: they exist, and the bot may post`));
  if (channels.length > CHECKED_MAX) {
    const left = `the other ${channels.length - CHECKED_MAX} were not, to stay below Slack's 50 calls a minute`;
    findings.push(ok(what, `${CHECKED_MAX} of ${channels.length} were checked; ${left}`));
  }
  return { kinds, findings };
}

type Seen =
  | { kind: 'usable'; channelKind: ChannelKind }
  | { kind: 'unusable'; channelKind?: ChannelKind; finding: Finding }
  /** Further channels would give the same answer. */
  | { kind: 'stop'; why: string; advice: string };

async function look(client: WebClient, id: string, { rows, scopes }: Used): Promise<Seen> {
  const what = `channel ${rows[0]?.channel.name ?? id} of ${named(rows.map((row) => row.id))}`;
  try {
    const { channel = {} } = await client.conversations.info({ channel: id });
    const channelKind = kindOf(id, channel);
    const unusable = (why: string, code: string): Seen => {
      return { kind: 'unusable', channelKind, finding: fail(what, why, `${adviceFor(code)}.`) };
    };
    if (channel.is_archived === true) return unusable('is archived', 'is_archived');
    const isIn = channelKind === 'direct' || channelKind === 'group' || channel.is_member === true;
    if (isIn || (channelKind === 'public' && scopes.has('channels:join'))) return { kind: 'usable', channelKind };
    return unusable('the bot is not in it', 'not_in_channel');
  } catch (error) {
    const failure = classify(error);
    const { code, message } = failure;
    if (code === 'missing_scope')
      return { kind: 'stop', why: message, advice: 'Add the scope to the app and install it again.' };
    if (code === 'ratelimited') return { kind: 'stop', why: message, advice: 'Try again in a minute.' };
    if (failure.kind === 'refused' && failure.scope === 'channel')
      return { kind: 'unusable', finding: fail(what, message, `${adviceFor(code)}.`) };
    return { kind: 'stop', why: message, advice: 'Try again; if it still fails, see https://slack-status.com.' };
  }
}

interface SlackChannel {
  is_im?: boolean;
  is_mpim?: boolean;
  is_private?: boolean;
}

/** Ids of direct messages start with D; other ids do not show the kind. */
function kindOf(id: string, channel: SlackChannel): ChannelKind {
  if (channel.is_im === true || id.startsWith('D')) return 'direct';
  if (channel.is_mpim === true) return 'group';
  return channel.is_private === true ? 'private' : 'public';
}
