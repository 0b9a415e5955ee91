import type { Store } from '../state/store.ts';
import type { Channel, Message, StoredFile } from '../state/types.ts';
/** The sandbox knows one app, the author of every message. */
export declare const APP_NAME = 'Reports';
/** The ids of that app in a workspace. */
export declare function botOf(workspace: string): {
  user: string;
  bot: string;
  app: string;
};
/** A channel as Slack's API shows it. */
export declare function slackChannel(channel: Channel): Record<string, unknown>;
/** A message as Slack's API shows it. Without `allMetadata`, its metadata is only the event type. */
export declare function slackMessage(
  store: Store,
  message: Message,
  {
    allMetadata,
  }: {
    allMetadata: boolean;
  },
): Record<string, unknown>;
/** A file as Slack's API shows it; until Slack has processed it, it has no type. */
export declare function slackFile(
  file: StoredFile,
  {
    origin,
    ready,
  }?: {
    origin?: string | undefined;
    ready?: boolean | undefined;
  },
): Record<string, unknown>;
