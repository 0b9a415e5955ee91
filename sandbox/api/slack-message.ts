import type { Message } from '../state/types.ts';
import { BOT_NAME, botOf } from './access.ts';

/** A message as Slack's API shows it. Without `allMetadata` only the event type of its metadata is told. */
export function slackMessage(message: Message, { allMetadata }: { allMetadata: boolean }): Record<string, unknown> {
  const { user, bot, app } = botOf(message.workspace);
  const { metadata, blocks, threadTs } = message;
  return {
    type: 'message',
    user,
    ts: message.ts,
    bot_id: bot,
    app_id: app,
    text: message.text,
    team: message.workspace,
    bot_profile: { id: bot, app_id: app, name: BOT_NAME, team_id: message.workspace, deleted: false },
    ...(blocks && { blocks }),
    ...(threadTs !== undefined && { thread_ts: threadTs }),
    ...(metadata && { metadata: allMetadata ? metadata : { event_type: metadata.event_type } }),
  };
}
