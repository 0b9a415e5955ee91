import type { Limits, OracleReport } from 'slack-sandbox';

/** A Slack workspace of the benchmark, with its channels. */
export interface Tenant {
  /** The same in the store and in the sandbox. */
  id: string;
  token: string;
  /** The environment variable that holds the token. */
  tokenEnv: string;
  channels: string[];
}

export type PostLimits = Pick<Limits, 'channel' | 'workspace' | 'silentHide'>;

const ENDLESS = { perMinute: 1e9, burst: 1e9 };
/** A Slack that takes whatever comes, for measuring everything but Slack. */
export const NO_LIMITS: PostLimits = { channel: ENDLESS, workspace: ENDLESS, silentHide: false };

// Slack's limits as it tells them: "one message per second per channel", and "several hundred messages per minute", here
// 300. https://docs.slack.dev/apis/web-api/rate-limits
export const CHANNEL_MS = 1_000;
export const WORKSPACE_PER_MINUTE = 300;
/** Messages that the sandbox takes at once from a workspace that was quiet: what the product expects. */
export const WORKSPACE_BURST = 10;

export const SLACK_LIMITS: PostLimits = {
  channel: { perMinute: 60_000 / CHANNEL_MS, burst: 1 },
  workspace: { perMinute: WORKSPACE_PER_MINUTE, burst: WORKSPACE_BURST },
  // Too soon in a channel is answered `ok` and hidden, as Slack does: only the oracle notices.
  silentHide: true,
};

/** The product's settings for them. */
export const SLACK_PACE = {
  SLACK_CHANNEL_INTERVAL_MS: String(CHANNEL_MS),
  SLACK_WORKSPACE_PER_MINUTE: String(WORKSPACE_PER_MINUTE),
};

export function tenant(number: number, channels: number): Tenant {
  const id = `T${number}`;
  return {
    id,
    token: `xoxb-bench-${number}`,
    tokenEnv: `BENCH_TOKEN_${number}`,
    channels: Array.from({ length: channels }, (_, index) => `C${number}X${index}`),
  };
}

/** The sandbox's control API. */
export function slackControl(url: string) {
  return {
    /** Forgets every message, and creates the tenants again. */
    async fresh(tenants: readonly Tenant[], limits: PostLimits): Promise<void> {
      await post('reset', {});
      await post('limits', limits);
      for (const { id, token, channels } of tenants) {
        const named = channels.map((channel) => ({ id: channel, name: channel.toLowerCase() }));
        await post('workspaces', { id, name: id, token, channels: named });
      }
    },

    async oracle(): Promise<OracleReport> {
      const response = await fetch(`${url}/_sandbox/oracle`);
      return (await response.json()) as OracleReport;
    },
  };

  async function post(path: string, body: object): Promise<void> {
    const response = await fetch(`${url}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The sandbox refused ${path}: ${await response.text()}`);
  }
}

/** What is wrong with a run that should have posted each of `n` messages once, seen by Slack. */
export function problemsOf(label: string, n: number, oracle: OracleReport): string[] {
  const { messages, duplicates, rateLimited, hidden } = oracle;
  const problems: [boolean, string][] = [
    [messages.length !== n, `${messages.length} messages for ${n} notifications`],
    [duplicates.length > 0, `${duplicates.length} posted more than once`],
    [rateLimited > 0, `${rateLimited} calls answered 429`],
    [hidden > 0, `${hidden} messages hidden`],
  ];
  return problems.filter(([wrong]) => wrong).map(([, text]) => `${label}: ${text}`);
}
