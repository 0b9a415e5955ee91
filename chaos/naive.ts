import { LogLevel, WebClient } from '@slack/web-api';
import type { Due, LedgerRow } from './compare.ts';
import { dueAt, instantOf } from './due.ts';
import type { Plan } from './plan.ts';

/**
 * Senders as many programs have them, to show that the comparison finds what they do wrong: nothing here is part of the
 * product.
 */
export interface Post {
  due: Due;
  channel: string;
  token: string;
}

/** Shorter than the SDK's policy (ten tries in half an hour), alike in kind: everything is tried again. */
const BLIND_RETRY = { retries: 5, minTimeout: 20, maxTimeout: 100 };
const TIMEOUT_MS = 1_000;

/** One post for each notification whose channel and workspace are sound: what goes wrong is the sender's own doing. */
export function postsOf(plan: Plan): Post[] {
  return plan.items
    .filter(({ channel }) => channel.trouble === 'none' && channel.workspace.trouble === 'none')
    .map((item) => ({
      due: dueAt(plan, item, instantOf(plan.nominal), false),
      channel: item.channel.id,
      token: item.channel.workspace.token,
    }));
}

/** Posts one after the other, and again after a time-out, a broken connection or a 5xx. Keeps a row for each outcome. */
export async function sendWithBlindRetry(slackApiUrl: string, posts: readonly Post[]): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  for (const post of posts) {
    const ts = await send(slackApiUrl, post, BLIND_RETRY).catch(() => undefined);
    rows.push(rowOf(post, ts));
  }
  return rows;
}

/** Posts one after the other, once, and reports each. It stores nothing, so a kill loses the rest of its list. */
export async function sendAndForget(
  slackApiUrl: string,
  posts: readonly Post[],
  tell: (row: LedgerRow) => void,
): Promise<void> {
  for (const post of posts) {
    const ts = await send(slackApiUrl, post, { retries: 0 }).catch(() => undefined);
    tell(rowOf(post, ts));
  }
}

async function send(
  slackApiUrl: string,
  { due, channel, token }: Post,
  retryConfig: object,
): Promise<string | undefined> {
  const client = new WebClient(token, { slackApiUrl, retryConfig, timeout: TIMEOUT_MS, logger: silent });
  const metadata = { event_type: 'naive', event_payload: { delivery_id: due.id } };
  const { ts } = await client.chat.postMessage({ channel, text: `Report ${due.notificationId}`, metadata });
  return ts;
}

function rowOf({ due, channel }: Post, ts: string | undefined): LedgerRow {
  return {
    id: due.id,
    notificationId: due.notificationId,
    occurrence: due.occurrence,
    channel,
    state: ts === undefined ? 'failed' : 'delivered',
    messageTs: ts,
    error: ts === undefined ? { code: 'gave_up', message: 'gave_up' } : undefined,
    log: [],
  };
}

const nothing = () => {};
const silent = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => LogLevel.ERROR,
  setName: nothing,
};
