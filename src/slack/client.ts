import { LogLevel, type WebAPICallResult, WebAPIPlatformError, WebClient, type WebClientOptions } from '@slack/web-api';
import { withDeadline } from './call-deadline.ts';
import { DEFAULT_RETRY_AFTER_MS, WORKSPACE_ERRORS } from './errors.ts';
import { SANDBOX_REF, TokenError, tokenHash, tokensFrom } from './tokens.ts';

/** How long one call may take, in milliseconds. After that it is unknown whether Slack took the message. */
const SLACK_CALL_TIMEOUT_MS = 15_000;

export interface SlackSettings {
  /** Base address of the Web API for workspaces with a token of their own; ends with a slash. */
  readonly apiUrl: string;
  /** Address of the local sandbox, for workspaces whose token reference is `sandbox`; no slash at the end. */
  readonly sandboxUrl: string;
  /** Your own file that exports `resolveToken`, for other kinds of token references. */
  readonly tokenResolver?: string | undefined;
}

/** One HTTP request to Slack, to be measured; nothing of what it said. */
export interface SlackCall {
  /** `chat.postMessage`, or `upload` for the bytes of a file. */
  method: string;
  /** Of HTTP; undefined where no answer came. */
  status: number | undefined;
  /** Until the head of the answer. */
  seconds: number;
}

/** Wraps a request, so that it can be measured and traced. */
export type OnSlackCall = (method: string, send: () => Promise<Response>) => Promise<Response>;

/** A workspace, and where its token is. */
export interface SlackWorkspace {
  id: string;
  tokenRef: string;
}

/** One client for each workspace, so that a token never meets another workspace's call. */
export type SlackClients = ReturnType<typeof slackClients>;

export function slackClients(
  settings: SlackSettings,
  env: NodeJS.ProcessEnv,
  onCall: OnSlackCall = (_, send) => send(),
) {
  const tokens = tokensFrom({ env, resolverFile: settings.tokenResolver });
  const clients = new Map<string, { tokenRef: string; token: string; client: RotatingClient }>();
  return {
    /** Loads the user's own token resolver, where one is set. Throws a TokenError that says what is wrong with it. */
    ready: () => tokens.ready(),
    /**
     * The workspace's client. Fetches the token again each time, so that a rotated one is used without a restart; where Slack
     * refuses a token, the client does so once more, past what is kept. Throws a TokenError where there is none.
     */
    async of(workspace: SlackWorkspace): Promise<WebClient> {
      return clientWith(workspace, await tokens.fetch(workspace.tokenRef));
    },
    /** A hash of the client's token, to tell it from another one. */
    tokenHash: ({ id }: Pick<SlackWorkspace, 'id'>, { token = '' }: WebClient) => tokenHash(id, token),
  };

  function clientWith({ id, tokenRef }: SlackWorkspace, token: string): RotatingClient {
    const known = clients.get(id);
    if (known?.token === token && known.tokenRef === tokenRef) return known.client;
    const apiUrl = tokenRef === SANDBOX_REF ? `${settings.sandboxUrl}/api/` : settings.apiUrl;
    const options = clientOptions(apiUrl, onCall);
    const renew = async () => {
      const renewed = await tokens.fetch(tokenRef, token);
      return renewed === token ? undefined : clientWith({ id, tokenRef }, renewed);
    };
    const client = new RotatingClient(token, options, renew);
    clients.set(id, { tokenRef, token, client });
    return client;
  }
}

/** The client with the token that there is now; undefined where it is still the same. Throws a TokenError. */
type Renew = () => Promise<RotatingClient | undefined>;

/** Tokens rotate: where Slack refuses the token, calls once more if there is another one by now. */
class RotatingClient extends WebClient {
  readonly #renew: Renew;

  constructor(token: string, options: WebClientOptions, renew: Renew) {
    super(token, options);
    this.#renew = renew;
  }

  override async apiCall(method: string, options?: Record<string, unknown>): Promise<WebAPICallResult> {
    try {
      return await super.apiCall(method, options);
    } catch (refusal) {
      if (!(refusal instanceof WebAPIPlatformError) || !WORKSPACE_ERRORS.has(refusal.data.error)) throw refusal;
      const renewed = await this.#renewed(refusal);
      if (renewed === undefined) throw refusal;
      return renewed.#callOnce(method, options);
    }
  }

  async #renewed(refusal: WebAPIPlatformError): Promise<RotatingClient | undefined> {
    try {
      return await this.#renew();
    } catch (error) {
      // Without any token Slack's refusal stands. Where the vault could not be asked, it may have another one.
      if (error instanceof TokenError && error.code !== 'token_unavailable') throw refusal;
      throw error;
    }
  }

  async #callOnce(method: string, options?: Record<string, unknown>): Promise<WebAPICallResult> {
    return super.apiCall(method, options);
  }
}

/**
 * The client's own retries would post twice after a lost answer, and its own waiting would hold up every channel behind
 * one rate limit: Temporal retries instead, after the ledger has been asked.
 */
function clientOptions(slackApiUrl: string, onCall: OnSlackCall): WebClientOptions {
  return {
    slackApiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    // By default calls beyond 100 wait inside the client, after the post was claimed. Activity slots bound them already.
    maxRequestConcurrency: Infinity,
    timeout: SLACK_CALL_TIMEOUT_MS,
    // A method name that is a URL would carry the token elsewhere.
    allowAbsoluteUrls: false,
    fetch: (input, init) => onCall(methodOf(input), () => fetchWithRetryAfter(input, init)),
    logLevel: LogLevel.ERROR,
    logger: silentLogger,
  };
}

/**
 * A 429 without a usable Retry-After makes the client throw a bare Error that cannot be told from a lost answer
 * (https://github.com/slackapi/node-slack-sdk/issues/1421), so the header is put in.
 */
const fetchWithRetryAfter: typeof fetch = async (input, init) => {
  const response = await fetch(input, withDeadline(init));
  if (response.status !== 429 || Number(response.headers.get('retry-after')) > 0) return response;
  const headers = new Headers(response.headers);
  headers.set('retry-after', String(DEFAULT_RETRY_AFTER_MS / 1_000));
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
};

/** The last part of the address of a Web API method. The address that a file is uploaded to holds a secret instead. */
function methodOf(input: Parameters<typeof fetch>[0]): string {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  return /\/([a-z]+(?:\.[a-zA-Z]+)+)$/.exec(pathname)?.[1] ?? 'upload';
}

/** The client logs whole error bodies; ours are classified and logged in our own words instead. */
const silentLogger: NonNullable<WebClientOptions['logger']> = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};
