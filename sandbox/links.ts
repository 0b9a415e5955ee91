import type { Channel, Message } from './state/types.ts';

export function channelPath({ workspace, id }: Pick<Channel, 'workspace' | 'id'>): string {
  return `/w/${workspace}/c/${id}`;
}

type Named = Pick<Message, 'channel' | 'ts' | 'threadTs'>;

/** Slack's form, with the sandbox's address instead of the workspace's. */
export function permalinkPath({ channel, ts, threadTs }: Named): string {
  const path = `/archives/${channel}/${anchorOf(ts)}`;
  return threadTs === undefined ? path : `${path}?thread_ts=${threadTs}&cid=${channel}`;
}

/** The raw message, as conversations.history shows it. */
export function jsonPath({ channel, ts }: Named): string {
  return `/archives/${channel}/${anchorOf(ts)}.json`;
}

export function filePath({ id, name }: { id: string; name: string }): string {
  return `/files/${id}/${encodeURIComponent(name)}`;
}

/** The id of a message on its page: `p1700000000123456`, as in Slack's permalinks. */
export function anchorOf(ts: string): string {
  return `p${ts.replace('.', '')}`;
}

/** The ts of an anchor; undefined when it is not one. */
export function tsOf(anchor: string): string | undefined {
  const [, seconds, micros] = /^p(\d+)(\d{6})$/.exec(anchor) ?? [];
  return seconds && `${seconds}.${micros}`;
}
