import { UserError } from '../lib/errors.ts';
import { asObject } from '../slack/block-kit/json.ts';
import type { FoundChannel } from '../slack/find-channel.ts';
import { DEFAULT_WORKSPACE } from '../domain/notification.ts';
import type { Context } from './context.ts';

/** Whether it names a channel (`#name`) or a person (`U…`) instead of the id of a conversation. */
export function namesAnother(written: unknown): written is string {
  return typeof written === 'string' && (written.startsWith('#') || /^[UW][A-Z0-9]{2,49}$/.test(written));
}

/** Replaces the channel of a notification, as it is written, by the id of the conversation. */
export type ResolveChannel = <Row>(row: Row, workspace?: string) => Promise<Row>;

/**
 * Looks `#name` and people up in Slack, each once. A row that has an id is returned as it is, without a call. Throws a UserError
 * that names the channel.
 */
export function channelResolver({ config, store }: Context, env: NodeJS.ProcessEnv = process.env): ResolveChannel {
  const known = new Map<string, Promise<FoundChannel>>();

  async function find(written: string, workspaceId: string): Promise<FoundChannel> {
    const workspaces = await (await store()).workspaces.list();
    const workspace = workspaces.find(({ id }) => id === workspaceId);
    if (workspace === undefined) {
      throw UserError.input('invalid_notification', `workspace: there is no "${workspaceId}"`);
    }
    // Loaded here: most commands name ids.
    const [{ slackClients }, { findChannel }] = await Promise.all([
      import('../slack/client.ts'),
      import('../slack/find-channel.ts'),
    ]);
    const clients = slackClients(config.slack, env);
    return findChannel(await clients.of({ id: workspace.id, tokenRef: workspace.tokenRef }), written);
  }

  return async (row, workspace) => {
    const { channel, channel_name: name, workspace: own } = asObject(row);
    if (!namesAnother(channel)) return row;
    const workspaceId = typeof own === 'string' && own !== '' ? own : (workspace ?? DEFAULT_WORKSPACE);
    const key = `${workspaceId}\n${channel}`;
    const asked = known.get(key) ?? find(channel, workspaceId);
    known.set(key, asked);
    const found = await asked;
    return { ...row, channel: found.id, channel_name: name ?? found.name };
  };
}
