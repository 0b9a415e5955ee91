import { filePath } from '../links.ts';
import type { Store } from '../state/store.ts';
import type { Channel, Message, StoredFile } from '../state/types.ts';

/** The sandbox knows one app, the author of every message. */
export const APP_NAME = 'Reports';

/** The ids of that app in a workspace. */
export function botOf(workspace: string): { user: string; bot: string; app: string } {
  const suffix = workspace.replace(/^T/, '');
  return { user: `U${suffix}BOT`, bot: `B${suffix}`, app: 'A0REPORTS' };
}

/** A channel as Slack's API shows it. */
export function slackChannel(channel: Channel): Record<string, unknown> {
  if (channel.person !== undefined) {
    return {
      id: channel.id,
      is_im: true,
      user: channel.person,
      is_archived: false,
      context_team_id: channel.workspace,
    };
  }
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.private,
    is_group: channel.private,
    is_im: false,
    is_mpim: false,
    is_private: channel.private,
    is_archived: channel.archived,
    is_member: channel.member,
    context_team_id: channel.workspace,
    creator: botOf(channel.workspace).user,
  };
}

/** A message as Slack's API shows it. Without `allMetadata`, its metadata is only the event type. */
export function slackMessage(
  store: Store,
  message: Message,
  { allMetadata }: { allMetadata: boolean },
): Record<string, unknown> {
  const { user, bot, app } = botOf(message.workspace);
  const { metadata, blocks, attachments, files } = message;
  const subtype = message.broadcast ? 'thread_broadcast' : files && 'file_share';
  return {
    type: 'message',
    ...(subtype && { subtype }),
    user,
    ts: message.ts,
    bot_id: bot,
    app_id: app,
    text: message.text,
    team: message.workspace,
    bot_profile: { id: bot, app_id: app, name: APP_NAME, team_id: message.workspace, deleted: false },
    ...(blocks && { blocks }),
    ...(attachments && { attachments }),
    ...(files && { files: files.flatMap((id) => store.files.get(id) ?? []).map((file) => slackFile(file)) }),
    ...threadOf(store, message),
    ...(metadata && { metadata: allMetadata ? metadata : { event_type: metadata.event_type } }),
  };
}

/** A reply names its parent; a parent counts its replies and names itself. */
function threadOf(store: Store, { channel, ts, threadTs }: Message): Record<string, unknown> {
  if (threadTs !== undefined) return { thread_ts: threadTs };
  const replies = store
    .log(channel)
    .repliesTo(ts)
    .filter(({ hidden }) => !hidden);
  const last = replies.at(-1);
  return last === undefined ? {} : { thread_ts: ts, reply_count: replies.length, latest_reply: last.ts };
}

/** A file as Slack's API shows it; until Slack has processed it, it has no type. */
export function slackFile(file: StoredFile, { origin = '', ready = true } = {}): Record<string, unknown> {
  const { id, name, title, mimetype, altText, at, content } = file;
  return {
    id,
    created: Math.floor(at / 1_000),
    name,
    title,
    mimetype: ready ? mimetype : '',
    filetype: ready ? (/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? 'binary') : '',
    size: Buffer.byteLength(content, 'base64'),
    mode: 'hosted',
    ...(altText !== undefined && { alt_txt: altText }),
    url_private: origin + filePath(file),
    permalink: origin + filePath(file),
  };
}
