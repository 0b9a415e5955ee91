import { LogLevel, WebClient } from '@slack/web-api';
import { asObject } from '../../src/slack/block-kit/json.ts';
import type { OracleReport } from '../../sandbox/state/oracle.ts';
import { startSandbox, type RunningSandbox, type SandboxOptions } from '../../sandbox/server.ts';

/** Rates that no test trips over unless it sets its own. */
const NO_LIMITS = {
  channel: { perMinute: 1e9, burst: 1e6 },
  workspace: { perMinute: 1e9, burst: 1e6 },
};

/** A sandbox on a free port, with generous rates unless the test is about them. */
export function sandboxFor(options: Partial<SandboxOptions> = {}): Promise<RunningSandbox> {
  return startSandbox({ port: 0, limits: NO_LIMITS, ...options });
}

/** The real client of the product, without retries. */
export function clientOf({ slackApiUrl, token }: RunningSandbox, otherToken = token): WebClient {
  return new WebClient(otherToken, {
    slackApiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: silent,
  });
}

const nothing = () => {};
const silent = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => LogLevel.ERROR,
};

export interface SlackAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** One raw call with a JSON body. */
export async function call(
  { slackApiUrl, token }: RunningSandbox,
  method: string,
  args: object = {},
  otherToken: string | null = token,
): Promise<SlackAnswer> {
  const response = await fetch(slackApiUrl + method, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(otherToken !== null && { authorization: `Bearer ${otherToken}` }),
    },
    body: JSON.stringify(args),
  });
  return { status: response.status, headers: response.headers, body: await json(response) };
}

export function post(sandbox: RunningSandbox, args: object = {}): Promise<SlackAnswer> {
  return call(sandbox, 'chat.postMessage', { channel: 'C0ACME', text: 'hello', ...args });
}

export function metadata(deliveryId: string): object {
  return { metadata: { event_type: 'slack_report', event_payload: { delivery_id: deliveryId } } };
}

/** A request to the sandbox itself; throws when it is refused. */
export async function control(
  { url }: RunningSandbox,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/_sandbox/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = await json(response);
  if (!response.ok) throw new Error(String(answer['error']));
  return answer;
}

export function oracle({ sandbox }: RunningSandbox): OracleReport {
  return sandbox.oracle.report();
}

async function json(response: Response): Promise<Record<string, unknown>> {
  return asObject(await response.json());
}
