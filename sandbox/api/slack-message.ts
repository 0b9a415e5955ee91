import { BOT_NAME } from '../page/frame.ts';
import type { Store } from '../state/store.ts';
import type { Message } from '../state/types.ts';
import { botOf } from './access.ts';
import { slackFile } from './slack-file.ts';

/** A message as Slack's API shows it. Without `allMetadata` only the event type of its metadata is told. */
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
    bot_profile: { id: bot, app_id: app, name: BOT_NAME, team_id: message.workspace, deleted: false },
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
